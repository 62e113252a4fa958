"""Memory and pace of batches: `python -m benchmarks.batch [--images 40,160] [--side 1024]`.

Goal: the memory of a batch does not grow with its length. The model is one that was trained for
one epoch on drawn cells; what it finds is of no interest here.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import tifffile

from benchmarks.cells import field
from benchmarks.command import cellseg, machine
from cellseg.batches import jobs
from cellseg.batches.batch import Batch
from cellseg.models.store import Model, ModelStore
from cellseg.source import Source
from cellseg.workspace import Workspace

POLL = 0.2
"""Seconds between two looks at the memory."""


def main() -> None:
    """Print the memory of batches of several lengths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", default="40,160", help="lengths of the batches")
    parser.add_argument("--side", type=int, default=1024, help="of an image, pixels")
    words = parser.parse_args()
    lengths = [int(length) for length in words.images.split(",")]
    with tempfile.TemporaryDirectory(prefix="cellseg-") as folder:
        workspace = Workspace(Path(folder) / "home")
        model = _model(workspace)
        files = _files(Path(folder) / "images", max(lengths), words.side)
        print(f"images of {words.side} x {words.side}, uint16; {machine()}")
        print("| images | seconds | peak MB | MB in the second fifth | MB in the last fifth |")
        print("|---|---|---|---|---|")
        for length in lengths:
            began = time.monotonic()
            batch = jobs.start(workspace, files[:length], model, name=f"{length} images")
            seen = _watched(batch)
            seconds = time.monotonic() - began
            early, late = (_part(seen, length, fifth) for fifth in (1, 4))
            peak = max(memory for _, memory in seen)
            print(f"| {length} | {seconds:.1f} | {peak:.0f} | {early:.0f} | {late:.0f} |")


def _model(workspace: Workspace) -> Model:
    sample, _ = cellseg(workspace.root, "demo")
    words = ("--dataset", sample["name"], "--name", "bench", "--encoder-weights", "none")
    cellseg(workspace.root, "train", *words, "--epochs", "1")
    return ModelStore(workspace).get("bench")


def _files(folder: Path, count: int, side: int) -> list[Source]:
    """Pictures of drawn cells, each other than the others."""
    folder.mkdir()
    pixels, _ = field(side, side**2 // 3355)
    files = []
    for number in range(count):
        path = folder / f"{number:04d}.tif"
        tifffile.imwrite(path, np.roll(pixels, 97 * number, axis=(0, 1)[number % 2]))
        files.append(Source(path.name, path))
    return files


def _watched(batch: Batch) -> list[tuple[int, float]]:
    """Files done and megabytes of the worker and its decoder, until the batch ends."""
    seen = []
    while not (progress := batch.progress()).ended:
        if progress.done and (status := batch.status()) is not None:
            seen.append((progress.done, _memory(status.pid)))
        time.sleep(POLL)
    if progress.state != "done" or batch.failed():
        raise SystemExit(f"the batch ended as {progress.state}: {progress.message}")
    return seen


def _memory(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(one.memory_info().rss for one in family) / 1e6
    except psutil.Error:
        return 0.0


def _part(seen: list[tuple[int, float]], length: int, fifth: int) -> float:
    """The largest memory while one fifth of the files was done, counted from 0."""
    low, high = length * fifth / 5, length * (fifth + 1) / 5
    return max((memory for done, memory in seen if low <= done < high), default=float("nan"))


if __name__ == "__main__":
    main()
