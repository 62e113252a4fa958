"""The recipe `cells`, StarDist and Cellpose side by side in time: `python -m benchmarks.speed`.

On drawn pictures of nuclei, 512 x 512 pixels with about 60 each. Every contender is a process in an
environment of its own (see `benchmarks.environments`); they take turns, so that noise of the
machine hits all alike, and rest while another works.

- Training: cellseg's recipe as it stands (pipeline, loss, optimizer, frozen batch norms of the
  encoder; of random numbers in place of ImageNet's) with batches of 8; StarDist's `train`
  with its batches of 4, with flips, turns and changed intensities.
- Network: each program's own call, from a prepared picture to the network's outputs.
- Cells: from the picture as the camera gave it to numbered cells. StarDist finds them with what it
  learned in this run unless a model is named. Cellpose's weights are random; its cells follow from
  the flows of the true ones, so that they are as many as in a real use.
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks import environments, pictures
from benchmarks.command import machine
from benchmarks.dialogue import Worker
from cellseg.cli.console import say
from cellseg.images.synthetic import draw_cells
from cellseg.models.store import ModelStore
from cellseg.workspace import Workspace

CONTENDERS = ("cellseg", "stardist", "cellpose")
SIDE, CELLS = 512, 75
"""Of 75 cells that are tried about 60 find a place."""

SHIPPED = "nuclei"
"""The model that comes with cellseg."""

ROWS = {
    "learn": "training, squares of 256 x 256 a second",
    "network": "network, s an image",
    "cells": "network and cells, s an image",
}
Figures = dict[str, dict[str, list[float]]]
"""By row and contender, one of each round."""


def main() -> None:
    """Let them take turns, and print one table."""
    asked = _asked()
    found = _drawn(asked.images)
    cells = sum(int(picture.labels.max()) for picture in found)
    with tempfile.TemporaryDirectory(prefix="cellseg-") as folder, ExitStack() as stack:
        pictures.write(Path(folder, "images"), found)
        workers = {
            name: stack.enter_context(_worker(name, asked, Path(folder))) for name in asked.only
        }
        figures, counts = _measured(workers, asked)
        print(f"{asked.images} images of {SIDE} x {SIDE}, {cells} cells; {machine()}")
        for name, worker in workers.items():
            print(f"{name}: {', '.join(' '.join(fact) for fact in worker.facts.items())}")
    print(f"Median of {asked.rounds} rounds; in brackets how many times as much as cellseg.\n")
    _table(list(workers), figures, counts)
    for name, count in counts.items():
        if not cells / 2 <= count <= 2 * cells:
            print(f"\n{name} learned too little for the time of its cells to mean much;")
            print("give more --seconds or more --rounds, or name a model.")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=8, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--seconds", type=float, default=30.0, help="of training in each round")
    parser.add_argument("--model", help="of cellseg [nuclei, where it is there]")
    parser.add_argument("--home", type=Path, help="workspace of the model")
    parser.add_argument("--stardist-model", type=Path, metavar="DIR")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=CONTENDERS)
    environments.add_option(parser)
    asked = parser.parse_args()
    workspace = Workspace(asked.home) if asked.home else Workspace.default()
    asked.home = str(workspace.root)
    if asked.model is None and any(one.name == SHIPPED for one in ModelStore(workspace).all()):
        asked.model = SHIPPED
    return asked


def _drawn(count: int) -> list[pictures.Picture]:
    drawn = (draw_cells(np.random.default_rng(seed), SIDE, CELLS) for seed in range(count))
    return [pictures.Picture(f"{number:03d}", *both) for number, both in enumerate(drawn)]


def _worker(name: str, asked: argparse.Namespace, folder: Path) -> Worker:
    images = str(folder / "images")
    if name == "cellseg":
        words = {"images": images, "model": asked.model, "home": asked.home}
        return Worker(sys.executable, "benchmarks.cellseg_worker", **words)
    python = environments.python_of(name, asked.environments)
    if name == "stardist":
        model = str(asked.stardist_model.absolute()) if asked.stardist_model else None
        return Worker(python, "benchmarks.stardist_worker", images=images, model=model)
    return Worker(python, "benchmarks.cellpose_worker", images=images)


def _measured(
    workers: dict[str, Worker], asked: argparse.Namespace
) -> tuple[Figures, dict[str, int]]:
    """Squares a second, seconds an image, and the cells that each found.

    First they learn by turns, then they segment by turns; a round of each warms up.
    """
    figures: Figures = {row: {name: [] for name in workers} for row in ROWS}
    counts: dict[str, int] = {}
    learners = [name for name in workers if name != "cellpose"]
    for turn in range(asked.rounds + 1):
        say(f"Training, round {turn} of {asked.rounds}")
        for name in _rotated(learners, turn):
            answer = workers[name].ask("learn", seconds=asked.seconds)
            workers[name].facts["training in"] = answer["arithmetic"]
            if turn:
                figures["learn"][name].append(answer["crops"] / answer["seconds"])
    for turn in range(asked.rounds + 1):
        say(f"Segmenting, round {turn} of {asked.rounds}")
        for row in ("network", "cells"):
            for name in _rotated(list(workers), turn):
                answer = workers[name].ask(row)
                counts[name] = answer.get("cells", counts.get(name))
                if turn:
                    figures[row][name].append(answer["seconds"] / asked.images)
    return figures, counts


def _rotated(names: list[str], turn: int) -> list[str]:
    first = turn % max(1, len(names))
    return names[first:] + names[:first]


def _table(names: list[str], figures: Figures, counts: dict[str, int]) -> None:
    print(f"| | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for row, title in ROWS.items():
        medians = {name: statistics.median(found) for name, found in figures[row].items() if found}
        cells = (_cell(medians.get(name), medians.get("cellseg")) for name in names)
        print(f"| {title} | {' | '.join(cells)} |")
    print(f"| cells found | {' | '.join(str(counts[name]) for name in names)} |")


def _cell(value: float | None, own: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:.3g} ({value / own:.2f})" if own else f"{value:.3g}"


if __name__ == "__main__":
    main()
