"""Memory and time of batches: `python -m benchmarks.batch_memory [--images 40,160] [--side 1024]`.

Goal: the memory of a batch does not grow with the number of images. The model is trained for one
epoch on synthetic cells; its results do not matter here.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import tifffile

from benchmarks.command_line import describe_machine, run_cellseg
from benchmarks.synthetic_field import draw_field
from cellseg.batches import jobs
from cellseg.batches.batch import Batch
from cellseg.models.store import Model, ModelStore
from cellseg.source import Source
from cellseg.workspace import Workspace

POLL_INTERVAL = 0.2
"""Seconds between two measurements of the memory."""


def main() -> None:
    """Print the memory of batches with different numbers of images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", default="40,160", help="numbers of images")
    parser.add_argument("--side", type=int, default=1024, help="of an image, pixels")
    options = parser.parse_args()
    counts = [int(count) for count in options.images.split(",")]
    with tempfile.TemporaryDirectory(prefix="cellseg-") as folder:
        workspace = Workspace(Path(folder) / "home")
        model = _train_model(workspace)
        files = _write_images(Path(folder) / "images", max(counts), options.side)
        print(f"images of {options.side} x {options.side}, uint16; {describe_machine()}")
        print("| images | seconds | peak MB | MB in the second fifth | MB in the last fifth |")
        print("|---|---|---|---|---|")
        for count in counts:
            started = time.monotonic()
            batch = jobs.start(workspace, files[:count], model, name=f"{count} images")
            samples = _measure(batch)
            seconds = time.monotonic() - started
            early, late = (_largest(samples, count, fifth) for fifth in (1, 4))
            peak = max(memory for _, memory in samples)
            print(f"| {count} | {seconds:.1f} | {peak:.0f} | {early:.0f} | {late:.0f} |")


def _train_model(workspace: Workspace) -> Model:
    sample, _ = run_cellseg(workspace.root, "demo")
    arguments = ("--dataset", sample["name"], "--name", "bench", "--encoder-weights", "none")
    run_cellseg(workspace.root, "train", *arguments, "--epochs", "1")
    return ModelStore(workspace).get("bench")


def _write_images(folder: Path, count: int, side: int) -> list[Source]:
    """Write different images of synthetic cells."""
    folder.mkdir()
    pixels, _ = draw_field(side, side**2 // 3355)
    files = []
    for number in range(count):
        path = folder / f"{number:04d}.tif"
        tifffile.imwrite(path, np.roll(pixels, 97 * number, axis=(0, 1)[number % 2]))
        files.append(Source(path.name, path))
    return files


def _measure(batch: Batch) -> list[tuple[int, float]]:
    """Number of segmented files and memory of the worker and its decoder, MB, until the end."""
    samples = []
    while not (progress := batch.progress()).ended:
        if progress.done and (status := batch.status()) is not None:
            samples.append((progress.done, _memory(status.pid)))
        time.sleep(POLL_INTERVAL)
    if progress.state != "done" or batch.failed():
        raise SystemExit(f"the batch ended as {progress.state}: {progress.message}")
    return samples


def _memory(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        processes = [process, *process.children(recursive=True)]
        return sum(one.memory_info().rss for one in processes) / 1e6
    except psutil.Error:
        return 0.0


def _largest(samples: list[tuple[int, float]], count: int, fifth: int) -> float:
    """Largest memory during a fifth of the batch, counted from 0, MB."""
    low, high = count * fifth / 5, count * (fifth + 1) / 5
    return max((memory for done, memory in samples if low <= done < high), default=float("nan"))


if __name__ == "__main__":
    main()
