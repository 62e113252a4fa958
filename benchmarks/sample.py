"""Training on the sample dataset without ImageNet weights: `python -m benchmarks.sample`."""

import tempfile
from pathlib import Path

from benchmarks.command_line import describe_machine, run_cellseg


def main() -> None:
    """Create the sample dataset, train from random weights, and print the scores."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _, creation = run_cellseg(home, "demo")
        train = ("train", "--dataset", "sample", "--recipe", "pixels", "--name", "sample")
        _, training = run_cellseg(home, *train, "--encoder-weights", "none")
        scores, _ = run_cellseg(home, "evaluate", "--dataset", "sample", "--model", "sample")
    print(f"sample created in {creation:.1f} s, trained in {training:.0f} s; {describe_machine()}")
    for size, row in scores["together"].items():
        print(f"{size}: Dice {row['dice']:.3f}, IoU {row['iou']:.3f}")


if __name__ == "__main__":
    main()
