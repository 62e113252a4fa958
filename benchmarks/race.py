"""The recipe `cells` against StarDist, as long and from the same images: `benchmarks.race DATA`.

DATA is a folder of images with label masks (dsb2018). The split is cellseg's own; both train on the
same images, choose weights and thresholds by the same validation images, and are scored on the test
images by `cellseg.analysis`. One learns after the other, for as many minutes each: cellseg by its
command line from ImageNet weights, StarDist by its `train` from nothing, as it is made, with flips,
turns and changed intensities, then `optimize_thresholds`.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import environments, pictures
from benchmarks.command import cellseg, machine
from benchmarks.dialogue import Worker
from cellseg.analysis.evaluation import cell_scores
from cellseg.analysis.matching import count_matches, overlaps
from cellseg.analysis.pixel_scores import PixelCounts, count_pixels
from cellseg.cli.console import hushed, say
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.store import DatasetStore
from cellseg.recipes.cells.settings import CellsTraining
from cellseg.workspace import Workspace

THRESHOLDS = (0.5, 0.75)
MODEL = "race"

Racer = Callable[[argparse.Namespace, Path], tuple[float, Worker]]
"""Trains below a folder; the seconds that it took in all, and who looks at the test images."""


def main() -> None:
    """Train, score and print one table."""
    racers: dict[str, Racer] = {"cellseg": _cellseg, "stardist": _stardist}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=25.0, help="of learning, each [25]")
    parser.add_argument("--only", nargs="+", choices=racers, default=tuple(racers))
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new folder for the models")
    environments.add_option(parser)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cellseg-") as passing:
        folder = (asked.keep or Path(passing)).absolute()
        data = str(asked.data.absolute())
        cellseg(folder / "home", "import", data, "--name", "data")
        dataset = DatasetStore(Workspace(folder / "home")).get("data")
        sizes = _laid_out(dataset, folder)
        columns = {name: _column(racers[name], asked, folder) for name in asked.only}
    sides = ", ".join(f"{count} {side}" for side, count in sizes.items())
    print(f"{asked.data.name}: images {sides}; {asked.minutes:g} minutes each; {machine()}")
    for name, column in columns.items():
        print(f"{name}: {column.pop('versions')}")
    print(f"\n| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for row in next(iter(columns.values())):
        print(f"| {row} | {' | '.join(column[row] for column in columns.values())} |")


def _laid_out(dataset: Dataset, folder: Path) -> dict[str, int]:
    """Write the images of each side into a folder; how many they are."""
    with hushed():
        from cellseg.methods.cells.validation_split import split_validation

    fraction = CellsTraining().validation_fraction
    learning, validation = split_validation(dataset.split.train, fraction)
    sides = {"learning": learning, "validation": validation, "test": dataset.split.test}
    for side, names in sides.items():
        found = (
            pictures.Picture(name, dataset.image(name).pixels, dataset.labels(name))
            for name in names
        )
        pictures.write(folder / side, found)
    return {side: len(names) for side, names in sides.items()}


def _column(racer: Racer, asked: argparse.Namespace, folder: Path) -> dict[str, str]:
    """Train, segment the test images twice, score the first time and clock the second."""
    spent, worker = racer(asked, folder)
    with worker, tempfile.TemporaryDirectory() as output:
        worker.ask("cells", output=output)
        truth = pictures.read(str(folder / "test"))
        scores = _scores(truth, Path(output))
        seconds = worker.ask("cells")["seconds"] / len(truth)
    versions = ", ".join(" ".join(fact) for fact in worker.facts.items())
    return {
        "versions": versions,
        **{row: f"{value:.3f}" for row, value in scores.items()},
        "training in all, s": f"{spent:.0f}",
        "from image to cells, s an image": f"{seconds:.3f}",
    }


def _cellseg(asked: argparse.Namespace, folder: Path) -> tuple[float, Worker]:
    home = folder / "home"
    words = ("--dataset", "data", "--recipe", "cells", "--name", MODEL)
    _, spent = cellseg(home, "train", *words, "--minutes", f"{asked.minutes:g}")
    settings = {"images": str(folder / "test"), "model": MODEL, "home": str(home)}
    return spent, Worker(sys.executable, "benchmarks.cellseg_worker", **settings)


def _stardist(asked: argparse.Namespace, folder: Path) -> tuple[float, Worker]:
    python = environments.python_of("stardist", asked.environments)
    say(f"StarDist learns for {asked.minutes:g} minutes")
    settings = {"images": str(folder / "test"), "model": str(folder / "stardist")}
    began = time.monotonic()
    worker = Worker(python, "benchmarks.stardist_worker", **settings)
    words = {"images": str(folder / "learning"), "validation": str(folder / "validation")}
    worker.ask("learn", seconds=60.0 * asked.minutes, **words)
    return time.monotonic() - began, worker


def _scores(truth: list[pictures.Picture], output: Path) -> dict[str, Any]:
    pixels, matches = PixelCounts(), []
    for picture in truth:
        labels = np.load(output / f"{picture.name}.npy").astype(np.int32)
        shared = overlaps(picture.labels, labels)
        matches.append([count_matches(shared, threshold) for threshold in THRESHOLDS])
        pixels += count_pixels(picture.labels > 0, labels > 0)
    cells = cell_scores(matches)
    return {
        "AP at 0.5, all cells": cells["AP"]["0.5"],
        "AP at 0.5, mean of the images": cells["AP_mean"]["0.5"],
        "AP at 0.75, all cells": cells["AP"]["0.75"],
        "Dice": pixels.scores()["dice"],
    }


if __name__ == "__main__":
    main()
