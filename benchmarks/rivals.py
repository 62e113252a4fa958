"""Quality and speed beside StarDist and Cellpose: `python -m benchmarks.rivals DATA [--minutes M]`.

First `benchmarks.race`: the recipe `cells` and StarDist learn from the same images for as long
each, and are scored on the same others. Then `benchmarks.speed` with what both learned, Cellpose
beside them. One table of each.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import environments
from benchmarks.command import ROOT
from benchmarks.race import MODEL


def main() -> None:
    """Run both, one after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=25.0, help="of learning, each [25]")
    environments.add_option(parser)
    asked = parser.parse_args()
    where = ("--environments", str(asked.environments.absolute()))
    with tempfile.TemporaryDirectory(prefix="cellseg-") as passing:
        kept = Path(passing, "race")
        data = str(asked.data.absolute())
        _run("race", data, "--minutes", f"{asked.minutes:g}", "--keep", str(kept), *where)
        learned = ("--home", str(kept / "home"), "--model", MODEL)
        _run("speed", *learned, "--stardist-model", str(kept / "stardist"), *where)


def _run(module: str, *words: str) -> None:
    subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *words], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
