"""The original recipe on the ISBI 2012 slices: `python -m benchmarks.seed [DATA]`.

18 of the 24 slices train, 6 test; 40 epochs. DATA holds `isbi2012/` (default ../shared/data). The
encoder weights come as for any training; see docs/how-to/offline.md.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.command import ROOT, cellseg, machine

ROWS = {
    "pixel_accuracy": "pixel accuracy",
    "majority_accuracy": "majority accuracy",
    "iou": "IoU of cell",
    "iou_background": "IoU of membrane",
    "dice": "Dice of cell",
}


def main(data: Path) -> None:
    """Train, evaluate and print one table."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        dataset = str((data / "isbi2012").absolute())
        train = ("train", "--dataset", dataset, "--recipe", "seed", "--name", "isbi")
        _, seconds = cellseg(home, *train, "--test-fraction", "0.25")
        scores, _ = cellseg(home, "evaluate", "--dataset", dataset, "--model", "isbi")
    together = scores["together"]
    print(f"seed on ISBI 2012, 18 slices train, 6 test; trained in {seconds:.0f} s; {machine()}")
    print("| | network size | image size |\n|---|---|---|")
    for key, title in ROWS.items():
        network, image = together["network_size"][key], together["image_size"][key]
        print(f"| {title} | {network:.4f} | {image:.4f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data")
