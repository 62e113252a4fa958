"""Speed of the recipe `cells`, StarDist and Cellpose: `python -m benchmarks.speed_comparison`.

They process synthetic images of nuclei, 512 x 512 pixels with about 60 nuclei each. Each program
is a process in an environment of its own (see `benchmarks.environments`). The programs take turns,
so that noise of the machine affects all of them, and are idle in between.

- Training: the recipe of cellseg with its pipeline, loss, optimizer and frozen batch norms of the
  encoder, which is initialized at random, and batches of 8; `train` of StarDist with its batches of
  4, flips, rotations and intensity jitter.
- Network: the function of each program from a preprocessed image to the outputs of the network.
- Cells: from the original image to the label image. StarDist uses the model of this run unless
  another one is given. The weights of Cellpose are random; its cells are computed from the flows of
  the true cells, so that their number is realistic.
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks import environments, labelled_images
from benchmarks.command_line import describe_machine
from benchmarks.worker import Worker
from cellseg.cli.console import say
from cellseg.images.synthetic import draw_cells
from cellseg.models.store import ModelStore
from cellseg.workspace import Workspace

PROGRAMS = ("cellseg", "stardist", "cellpose")

SIDE, CELLS = 512, 75
"""Size of the images, pixels, and number of cells to draw, of which about 60 fit."""

SHIPPED = "nuclei"
"""The model that comes with cellseg."""

ROWS = {
    "train": "training, patches of 256 x 256 per second",
    "network": "network, s per image",
    "cells": "network and cells, s per image",
}
"""Title of each measurement."""

Figures = dict[str, dict[str, list[float]]]
"""Figures of all rounds, by measurement and program."""


def main() -> None:
    """Measure the programs in turns, and print a table."""
    options = _options()
    images = _draw_images(options.images)
    cells = sum(int(image.labels.max()) for image in images)
    with tempfile.TemporaryDirectory(prefix="cellseg-") as folder, ExitStack() as stack:
        labelled_images.write_images(Path(folder, "images"), images)
        workers = {
            name: stack.enter_context(_worker(name, options, Path(folder))) for name in options.only
        }
        figures, counts = _measure(workers, options)
        print(f"{options.images} images of {SIDE} x {SIDE}, {cells} cells; {describe_machine()}")
        for name, worker in workers.items():
            print(f"{name}: {', '.join(' '.join(fact) for fact in worker.facts.items())}")
    print(f"Median of {options.rounds} rounds; in brackets the ratio to cellseg.\n")
    _print_table(list(workers), figures, counts)
    for name, count in counts.items():
        if not cells / 2 <= count <= 2 * cells:
            print(f"\n{name} was trained too little for a meaningful time of its cells;")
            print("increase --seconds or --rounds, or give a model.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=8, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--seconds", type=float, default=30.0, help="of training in each round")
    parser.add_argument("--model", help="of cellseg [nuclei, if it is installed]")
    parser.add_argument("--home", type=Path, help="workspace of the model")
    parser.add_argument("--stardist-model", type=Path, metavar="DIR")
    parser.add_argument("--only", nargs="+", choices=PROGRAMS, default=PROGRAMS)
    environments.add_option(parser)
    options = parser.parse_args()
    workspace = Workspace(options.home) if options.home else Workspace.default()
    options.home = str(workspace.root)
    if options.model is None and any(one.name == SHIPPED for one in ModelStore(workspace).all()):
        options.model = SHIPPED
    return options


def _draw_images(count: int) -> list[labelled_images.LabelledImage]:
    drawn = (draw_cells(np.random.default_rng(seed), SIDE, CELLS) for seed in range(count))
    return [
        labelled_images.LabelledImage(f"{number:03d}", image, labels)
        for number, (image, labels) in enumerate(drawn)
    ]


def _worker(name: str, options: argparse.Namespace, folder: Path) -> Worker:
    images = str(folder / "images")
    if name == "cellseg":
        settings = {"images": images, "model": options.model, "home": options.home}
        return Worker(sys.executable, "benchmarks.cellseg_worker", **settings)
    python = environments.environment_python(name, options.environments)
    if name == "stardist":
        model = str(options.stardist_model.absolute()) if options.stardist_model else None
        return Worker(python, "benchmarks.stardist_worker", images=images, model=model)
    return Worker(python, "benchmarks.cellpose_worker", images=images)


def _measure(
    workers: dict[str, Worker], options: argparse.Namespace
) -> tuple[Figures, dict[str, int]]:
    """Patches per second, seconds per image, and the number of cells of each program.

    All rounds of training precede those of segmentation; the first round of each is a warm-up.
    """
    figures: Figures = {row: {name: [] for name in workers} for row in ROWS}
    counts: dict[str, int] = {}
    trainable = [name for name in workers if name != "cellpose"]
    for turn in range(options.rounds + 1):
        say(f"Training, round {turn} of {options.rounds}")
        for name in _rotated(trainable, turn):
            result = workers[name].call("train", seconds=options.seconds)
            workers[name].facts["training in"] = result["precision"]
            if turn:
                figures["train"][name].append(result["patches"] / result["seconds"])
    for turn in range(options.rounds + 1):
        say(f"Segmenting, round {turn} of {options.rounds}")
        for row in ("network", "cells"):
            for name in _rotated(list(workers), turn):
                result = workers[name].call(row)
                counts[name] = result.get("cells", counts.get(name))
                if turn:
                    figures[row][name].append(result["seconds"] / options.images)
    return figures, counts


def _rotated(names: list[str], turn: int) -> list[str]:
    first = turn % max(1, len(names))
    return names[first:] + names[:first]


def _print_table(names: list[str], figures: Figures, counts: dict[str, int]) -> None:
    print(f"| | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for row, title in ROWS.items():
        medians = {
            name: statistics.median(values) for name, values in figures[row].items() if values
        }
        cells = (_table_cell(medians.get(name), medians.get("cellseg")) for name in names)
        print(f"| {title} | {' | '.join(cells)} |")
    print(f"| number of cells | {' | '.join(str(counts[name]) for name in names)} |")


def _table_cell(value: float | None, reference: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:.3g} ({value / reference:.2f})" if reference else f"{value:.3g}"


if __name__ == "__main__":
    main()
