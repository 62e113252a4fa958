"""Memory to segment a large image: `python -m benchmarks.large_image [--side 8000]`.

The synthetic image has 16 bits and is segmented by the shipped model after a warm-up. The memory of
the process is measured 50 times a second; the result is its maximum above the memory before, which
contains the image. Goal: below 2 GB.
"""

import argparse
import threading
import time

import numpy as np
import psutil

from benchmarks.command_line import describe_machine
from cellseg.cli.console import quiet_stderr, say
from cellseg.images.image import Image
from cellseg.images.synthetic import draw_cells
from cellseg.models.store import ModelStore
from cellseg.workspace import Workspace

TILE, CELLS = 1000, 220
"""Side of the tile that is repeated, pixels, and its number of cells."""


class MemoryMonitor(threading.Thread):
    """Records the largest memory of this process, bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process()
        self.peak = self.current()

    def current(self) -> int:
        """Memory in use, bytes."""
        return int(self._process.memory_info().rss)

    def run(self) -> None:
        """Measure until the program ends."""
        while True:
            self.peak = max(self.peak, self.current())
            time.sleep(0.02)


def main() -> None:
    """Print number of cells, time and memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=8000, help="pixels [8000]")
    side = parser.parse_args().side
    with quiet_stderr():
        from cellseg.segmentation.predictor import load_predictor
    network = load_predictor(ModelStore(Workspace.default()).get("nuclei"))
    tile, _ = draw_cells(np.random.default_rng(0), TILE, CELLS)
    repeats = -(-side // TILE)
    image = Image(np.tile(tile, (repeats, repeats))[:side, :side].copy(), "YX")
    network.cells(Image(tile, "YX"))
    monitor = MemoryMonitor()
    before = monitor.current()
    monitor.start()
    started = time.perf_counter()
    cells = network.cells(image, None, lambda done, of: say(f"Part {done} of {of}"))
    seconds = time.perf_counter() - started
    above = (monitor.peak - before) / 1e9
    print(f"{side} x {side} pixels, {int(cells.labels.max())} cells; {describe_machine()}")
    print(f"{seconds:.0f} s, {above:.2f} GB above the memory before")


if __name__ == "__main__":
    main()
