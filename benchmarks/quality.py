"""Scores of the recipe `cells` on real images: `python -m benchmarks.quality WHAT DATA`.

    nuclei DATA      the model that ships, on the test images of its own split of dsb2018
    few DATA         a model that goes on from it: N images train for M minutes, the rest test
    membranes DATA   from ImageNet weights at full resolution: a quarter of isbi2012 tests

DATA is the folder of the images with their masks.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.command import cellseg, machine

PIXELS = {
    "pixel_accuracy": "pixel accuracy",
    "majority_accuracy": "majority accuracy",
    "iou": "IoU of cell",
    "iou_background": "IoU of the rest",
    "dice": "Dice of cell",
}


def main() -> None:
    """Train where that is asked for, score, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("nuclei", "few", "membranes"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--images", type=int, default=10, help="that train, for few")
    parser.add_argument("--minutes", type=float, help="of training; few: 5, membranes: 15")
    parser.add_argument("--foreground", help="grey values that mean cell, as of import")
    asked = parser.parse_args()
    grey = ("--foreground", asked.foreground) if asked.foreground else ()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found, _ = cellseg(home, "import", str(asked.data.absolute()), "--name", "data", *grey)
        print(f"{asked.data.name}, {found['images']} images; {machine()}\n")
        _table(_scored(home, asked, found["images"]))


def _scored(home: Path, asked: argparse.Namespace, images: int) -> dict[str, Any]:
    if asked.what == "nuclei":
        words = ("--dataset", "data", "--model", "nuclei", "--split", "test")
        return cellseg(home, "evaluate", *words)[0]
    few = asked.what == "few"
    fraction = 1.0 - asked.images / images if few else 0.25
    minutes = asked.minutes or (5.0 if few else 15.0)
    words = ("--dataset", "data", "--name", "new", "--recipe", "cells")
    length = ("--minutes", f"{minutes:g}", "--test-fraction", f"{fraction:.6f}")
    start = ("--from", "nuclei") if few else ()
    trained, seconds = cellseg(home, "train", *words, *length, *start)
    print(f"{minutes:g} minutes of learning, {seconds:.0f} s in all\n")
    return trained["scores"]


def _table(scores: dict[str, Any]) -> None:
    found = scores["together"]["image_size"]
    print(f"| {len(scores['per_image'])} test images | |\n|---|---|")
    for key, title in PIXELS.items():
        print(f"| {title} | {_number(found[key])} |")
    for threshold in ("0.5", "0.75", "0.9"):
        pooled, mean = found["AP"][threshold], found["AP_mean"][threshold]
        print(f"| AP at {threshold}, pooled; mean | {_number(pooled)}; {_number(mean)} |")
    for key, title in {"F1": "F1", "PQ": "PQ", "count_error": "count error, median"}.items():
        print(f"| {title} | {_number(found[key])} |")


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    main()
