"""Scores of the recipe `cells` on real images: `python -m benchmarks.quality WHAT DATA`.

    nuclei DATA      the shipped model, on its test images of dsb2018
    few DATA         a model fine-tuned from it: N images train for M minutes, the others test
    membranes DATA   a model trained from ImageNet weights: a quarter of isbi2012 tests

DATA is the folder of the images and masks.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.command_line import describe_machine, run_cellseg

PIXEL_SCORES = {
    "pixel_accuracy": "pixel accuracy",
    "majority_accuracy": "majority-class accuracy",
    "iou": "IoU of cell",
    "iou_background": "IoU of background",
    "dice": "Dice of cell",
}


def main() -> None:
    """Train if necessary, score, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("nuclei", "few", "membranes"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--images", type=int, default=10, help="number of training images of few")
    parser.add_argument("--minutes", type=float, help="of training; few: 5, membranes: 15")
    parser.add_argument("--foreground", help="grey values of cells, as for import")
    options = parser.parse_args()
    grey = ("--foreground", options.foreground) if options.foreground else ()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        dataset, _ = run_cellseg(
            home, "import", str(options.data.absolute()), "--name", "data", *grey
        )
        print(f"{options.data.name}, {dataset['images']} images; {describe_machine()}\n")
        _table(_scored(home, options, dataset["images"]))


def _scored(home: Path, options: argparse.Namespace, images: int) -> dict[str, Any]:
    if options.what == "nuclei":
        arguments = ("--dataset", "data", "--model", "nuclei", "--split", "test")
        return run_cellseg(home, "evaluate", *arguments)[0]
    few = options.what == "few"
    fraction = 1.0 - options.images / images if few else 0.25
    minutes = options.minutes or (5.0 if few else 15.0)
    arguments = ("--dataset", "data", "--name", "new", "--recipe", "cells")
    length = ("--minutes", f"{minutes:g}", "--test-fraction", f"{fraction:.6f}")
    start = ("--from", "nuclei") if few else ()
    trained, seconds = run_cellseg(home, "train", *arguments, *length, *start)
    print(f"{minutes:g} minutes of training, {seconds:.0f} s in all\n")
    return trained["scores"]


def _table(scores: dict[str, Any]) -> None:
    together = scores["together"]["image_size"]
    print(f"| {len(scores['per_image'])} test images | |\n|---|---|")
    for key, title in PIXEL_SCORES.items():
        print(f"| {title} | {_number(together[key])} |")
    for threshold in ("0.5", "0.75", "0.9"):
        pooled, mean = together["AP"][threshold], together["AP_mean"][threshold]
        print(f"| AP at {threshold}, pooled; mean | {_number(pooled)}; {_number(mean)} |")
    for key, title in {"F1": "F1", "PQ": "PQ", "count_error": "count error, median"}.items():
        print(f"| {title} | {_number(together[key])} |")


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    main()
