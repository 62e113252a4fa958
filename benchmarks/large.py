"""Memory for a large image: `python -m benchmarks.large [--side 8000]`.

Drawn cells, 16 bits, segmented by the model that ships, whose network is loaded and has seen an
image before. The memory of the process is looked at 50 times a second; what counts is how far it
rises above its rest, with the image itself in it. Goal: below 2 GB.
"""

import argparse
import threading
import time

import numpy as np
import psutil

from benchmarks.command import machine
from cellseg.cli.console import hushed, say
from cellseg.images.image import Image
from cellseg.images.synthetic import draw_cells
from cellseg.models.store import ModelStore
from cellseg.workspace import Workspace

FIELD, CELLS = 1000, 220
"""Side of the piece that is drawn and repeated, pixels, and its cells."""


class Watch(threading.Thread):
    """The largest memory that this process had, bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process()
        self.peak = self.now()

    def now(self) -> int:
        """Bytes in use."""
        return int(self._process.memory_info().rss)

    def run(self) -> None:
        """Look until the program ends."""
        while True:
            self.peak = max(self.peak, self.now())
            time.sleep(0.02)


def main() -> None:
    """Print cells, seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=8000, help="pixels [8000]")
    side = parser.parse_args().side
    with hushed():
        from cellseg.segmentation.predictor import load
    network = load(ModelStore(Workspace.default()).get("nuclei"))
    piece, _ = draw_cells(np.random.default_rng(0), FIELD, CELLS)
    repeats = -(-side // FIELD)
    image = Image(np.tile(piece, (repeats, repeats))[:side, :side].copy(), "YX")
    network.cells(Image(piece, "YX"))
    watch = Watch()
    rest = watch.now()
    watch.start()
    began = time.perf_counter()
    found = network.cells(image, None, lambda done, of: say(f"Part {done} of {of}"))
    seconds = time.perf_counter() - began
    above = (watch.peak - rest) / 1e9
    print(f"{side} x {side} pixels, {int(found.labels.max())} cells; {machine()}")
    print(f"{seconds:.0f} s, {above:.2f} GB above rest")


if __name__ == "__main__":
    main()
