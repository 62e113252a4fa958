"""Whether processes segment alike: `python -m benchmarks.reproducibility DATA...`.

Each process segments the same images by the command line, and its label images and probability
maps are compared byte by byte with those of the first. DATA are image files or folders of them; of
each folder images are taken at equal distances.
"""

import argparse
import hashlib
import tempfile
from pathlib import Path

from benchmarks.command_line import describe_machine, run_cellseg
from cellseg.batches.inputs import images


def main() -> None:
    """Segment in one process after the other, and print how many files differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--processes", type=int, default=20)
    parser.add_argument("--images", type=int, default=30, help="in all, at least one a folder")
    parser.add_argument("--model", default="nuclei")
    options = parser.parse_args()
    share = max(1, options.images // len(options.data))
    chosen = [path for place in options.data for path in _spread(images(place), share)]
    first: dict[str, str] = {}
    different: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.processes):
            output = Path(folder) / str(number)
            words = ("--model", options.model, "--output", str(output))
            exports = ("--export", "labels,probability")
            run_cellseg(Path(folder) / "home", "segment", *map(str, chosen), *words, *exports)
            digests = {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in output.glob("*.tif")
            }
            first = first or digests
            different |= {name for name in first if digests.get(name) != first[name]}
    print(
        f"{options.processes} processes, {len(chosen)} images, {len(first)} label images and "
        f"probability maps: {len(different)} differ; {describe_machine()}"
    )


def _spread(paths: list[Path], most: int) -> list[Path]:
    step = max(1, len(paths) // most)
    return paths[::step][:most]


if __name__ == "__main__":
    main()
