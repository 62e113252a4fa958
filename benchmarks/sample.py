"""The sample project without ImageNet weights, from nothing: `python -m benchmarks.sample`."""

import tempfile
from pathlib import Path

from benchmarks.command import cellseg, machine


def main() -> None:
    """Draw the sample, train with an encoder that starts from nothing, and print the scores."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _, drawing = cellseg(home, "demo")
        train = ("train", "--dataset", "sample", "--recipe", "seed", "--name", "sample")
        _, training = cellseg(home, *train, "--encoder-weights", "none")
        scores, _ = cellseg(home, "evaluate", "--dataset", "sample", "--model", "sample")
    print(f"sample drawn in {drawing:.1f} s, trained in {training:.0f} s; {machine()}")
    for size, row in scores["together"].items():
        print(f"{size}: Dice {row['dice']:.3f}, IoU {row['iou']:.3f}")


if __name__ == "__main__":
    main()
