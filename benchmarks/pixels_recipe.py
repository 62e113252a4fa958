"""Scores of the recipe `pixels` on ISBI 2012: `python -m benchmarks.pixels_recipe DATA`.

DATA is a folder that contains `isbi2012/`. 18 of the 24 slices train for 40 epochs, and 6 test. For
the encoder weights see docs/how-to/offline.md.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.command_line import describe_machine, run_cellseg

ROWS = {
    "pixel_accuracy": "pixel accuracy",
    "majority_accuracy": "majority-class accuracy",
    "iou": "IoU of cell",
    "iou_background": "IoU of membrane",
    "dice": "Dice of cell",
}
"""Title of each score."""


def main(data: Path) -> None:
    """Train, evaluate and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        dataset = str((data / "isbi2012").absolute())
        train = ("train", "--dataset", dataset, "--recipe", "pixels", "--name", "isbi")
        _, seconds = run_cellseg(home, *train, "--test-fraction", "0.25")
        scores, _ = run_cellseg(home, "evaluate", "--dataset", dataset, "--model", "isbi")
    together = scores["together"]
    print(f"pixels on ISBI 2012, 18 slices train, 6 test; trained in {seconds:.0f} s")
    print(describe_machine())
    print("| | network size | image size |\n|---|---|---|")
    for key, title in ROWS.items():
        network, image = together["network_size"][key], together["image_size"][key]
        print(f"| {title} | {network:.4f} | {image:.4f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
