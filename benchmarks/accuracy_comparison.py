"""Accuracy of the recipe `cells` and of StarDist: `python -m benchmarks.accuracy_comparison DATA`.

DATA is a folder of images with label images (dsb2018). Both programs train on the same images for
the same time, choose weights and thresholds on the same validation images, and are scored on the
same test images by `cellseg.analysis`; the split is that of cellseg. They train one after the
other: cellseg by its command line from ImageNet weights, StarDist by its `train` from random
weights with flips, rotations and intensity jitter, and then by `optimize_thresholds`.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import environments, labelled_images
from benchmarks.command_line import describe_machine, run_cellseg
from benchmarks.worker import Worker
from cellseg.analysis.evaluation import cell_scores
from cellseg.analysis.matching import count_matches, overlaps
from cellseg.analysis.pixel_scores import PixelCounts, count_pixels
from cellseg.cli.console import quiet_stderr, say
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.store import DatasetStore
from cellseg.recipes.cells.settings import CellsTraining
from cellseg.workspace import Workspace

THRESHOLDS = (0.5, 0.75)
"""IoU thresholds of AP."""

MODEL = "comparison"
"""Name of the model that cellseg trains."""

Trainer = Callable[[argparse.Namespace, Path], tuple[float, Worker]]
"""Trains in a folder; returns the duration, seconds, and a worker that segments the test images."""


def main() -> None:
    """Train, score and print a table."""
    trainers: dict[str, Trainer] = {"cellseg": _train_cellseg, "stardist": _train_stardist}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=25.0, help="of each training [25]")
    parser.add_argument("--only", nargs="+", choices=trainers, default=tuple(trainers))
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new folder for the models")
    environments.add_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cellseg-") as temporary:
        folder = (options.keep or Path(temporary)).absolute()
        data = str(options.data.absolute())
        run_cellseg(folder / "home", "import", data, "--name", "data")
        dataset = DatasetStore(Workspace(folder / "home")).get("data")
        counts = _write_parts(dataset, folder)
        columns = {name: _column(trainers[name], options, folder) for name in options.only}
    parts = ", ".join(f"{count} {part}" for part, count in counts.items())
    print(f"{options.data.name}: images {parts}; {options.minutes:g} minutes each")
    print(describe_machine())
    for name, column in columns.items():
        print(f"{name}: {column.pop('versions')}")
    print(f"\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for row in next(iter(columns.values())):
        print(f"| {row} | {' | '.join(column[row] for column in columns.values())} |")


def _write_parts(dataset: Dataset, folder: Path) -> dict[str, int]:
    """Write the training, validation and test images to folders; returns their numbers."""
    with quiet_stderr():
        from cellseg.methods.cells.validation_split import split_validation

    fraction = CellsTraining().validation_fraction
    training, validation = split_validation(dataset.split.train, fraction)
    parts = {"training": training, "validation": validation, "test": dataset.split.test}
    for part, names in parts.items():
        images = (
            labelled_images.LabelledImage(name, dataset.image(name).pixels, dataset.labels(name))
            for name in names
        )
        labelled_images.write_images(folder / part, images)
    return {part: len(names) for part, names in parts.items()}


def _column(trainer: Trainer, options: argparse.Namespace, folder: Path) -> dict[str, str]:
    """Train, segment the test images twice, score the first time and measure the second."""
    duration, worker = trainer(options, folder)
    with worker, tempfile.TemporaryDirectory() as output:
        worker.call("cells", output=output)
        truth = labelled_images.read_images(str(folder / "test"))
        scores = _scores(truth, Path(output))
        seconds = worker.call("cells")["seconds"] / len(truth)
    versions = ", ".join(" ".join(fact) for fact in worker.facts.items())
    return {
        "versions": versions,
        **{row: f"{value:.3f}" for row, value in scores.items()},
        "training in all, s": f"{duration:.0f}",
        "from image to cells, s per image": f"{seconds:.3f}",
    }


def _train_cellseg(options: argparse.Namespace, folder: Path) -> tuple[float, Worker]:
    home = folder / "home"
    arguments = ("--dataset", "data", "--recipe", "cells", "--name", MODEL)
    minutes = ("--minutes", f"{options.minutes:g}")
    _, duration = run_cellseg(home, "train", *arguments, *minutes)
    settings = {"images": str(folder / "test"), "model": MODEL, "home": str(home)}
    return duration, Worker(sys.executable, "benchmarks.cellseg_worker", **settings)


def _train_stardist(options: argparse.Namespace, folder: Path) -> tuple[float, Worker]:
    python = environments.environment_python("stardist", options.environments)
    say(f"StarDist trains for {options.minutes:g} minutes")
    settings = {"images": str(folder / "test"), "model": str(folder / "stardist")}
    started = time.monotonic()
    worker = Worker(python, "benchmarks.stardist_worker", **settings)
    data = {"images": str(folder / "training"), "validation": str(folder / "validation")}
    worker.call("train", seconds=60.0 * options.minutes, **data)
    return time.monotonic() - started, worker


def _scores(truth: list[labelled_images.LabelledImage], output: Path) -> dict[str, Any]:
    pixels, matches = PixelCounts(), []
    for image in truth:
        labels = np.load(output / f"{image.name}.npy").astype(np.int32)
        table = overlaps(image.labels, labels)
        matches.append([count_matches(table, threshold) for threshold in THRESHOLDS])
        pixels += count_pixels(image.labels > 0, labels > 0)
    cells = cell_scores(matches)
    return {
        "AP at 0.5, all cells": cells["AP"]["0.5"],
        "AP at 0.5, mean of the images": cells["AP_mean"]["0.5"],
        "AP at 0.75, all cells": cells["AP"]["0.75"],
        "Dice": pixels.scores()["dice"],
    }


if __name__ == "__main__":
    main()
