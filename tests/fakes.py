"""A predictor that needs no network, also for a worker: `python -m tests.fakes FOLDER`."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage

from cellseg.batches import worker
from cellseg.segmentation.cells import Cells

PAUSE = "CELLSEG_TEST_PAUSE"
"""Seconds that each image takes."""


class BrightPredictor:
    """Finds cells in what is brighter than the middle of 8 bits, in grey or in red.

    Parameters
    ----------
    before : called with the image, the options and the progress of each call; what it raises comes
        out of the predictor.
    """

    def __init__(self, before: Callable[..., Any] = lambda image, options, progress: None) -> None:
        self.before = before
        self.calls = 0

    def cells(self, image, options=None, progress=None):
        self.calls += 1
        time.sleep(float(os.environ.get(PAUSE, "0")))
        self.before(image, options, progress)
        grey = image.pixels if image.axes == "YX" else image.pixels[..., 0]
        probability = (grey / np.float32(255)).astype(np.float32)
        labels, _ = ndimage.label(probability > 0.5)  # pixels that touch are one cell
        return Cells(labels.astype(np.int32), probability)


if __name__ == "__main__":
    worker.load_batch_model = lambda batch: BrightPredictor()
    sys.exit(worker.main(sys.argv[1:]))
