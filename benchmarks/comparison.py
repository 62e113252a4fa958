"""Accuracy and speed of cellseg, StarDist and Cellpose: `python -m benchmarks.comparison DATA`.

`benchmarks.accuracy_comparison` trains the recipe `cells` and StarDist on the same images for the
same time and scores both on other images. Then `benchmarks.speed_comparison` measures the speed of
the two trained models and of Cellpose. Each prints a table.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import environments
from benchmarks.accuracy_comparison import MODEL
from benchmarks.command_line import ROOT


def main() -> None:
    """Run both comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=25.0, help="of each training [25]")
    environments.add_option(parser)
    options = parser.parse_args()
    shared = ("--environments", str(options.environments.absolute()))
    with tempfile.TemporaryDirectory(prefix="cellseg-") as temporary:
        models = Path(temporary, "models")
        data = str(options.data.absolute())
        minutes = ("--minutes", f"{options.minutes:g}")
        _run("accuracy_comparison", data, *minutes, "--keep", str(models), *shared)
        trained = ("--home", str(models / "home"), "--model", MODEL)
        _run("speed_comparison", *trained, "--stardist-model", str(models / "stardist"), *shared)


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
