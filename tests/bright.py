"""A network that needs no TensorFlow, also in a worker process: `python -m tests.bright FOLDER`."""

import os
import sys
import time
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cellseg.batches import worker

PAUSE = "CELLSEG_TEST_PAUSE"
"""Seconds that each image takes."""


@dataclass(frozen=True)
class Cells:
    """What was found, as the predictor says it."""

    labels: np.ndarray
    probability: np.ndarray


class BrightIsCell:
    """Finds cells in what is brighter than the middle of 8 bits."""

    def cells(self, image, options=None, progress=None):
        """Touching bright pixels are a cell."""
        time.sleep(float(os.environ.get(PAUSE, "0")))
        grey = image.pixels if image.axes == "YX" else image.pixels.max(axis=2)
        probability = (grey / np.float32(255)).astype(np.float32)
        labels, _ = ndimage.label(probability > 0.5)
        return Cells(labels.astype(np.int32), probability)


if __name__ == "__main__":
    worker.load = lambda batch: BrightIsCell()
    sys.exit(worker.main(sys.argv[1:]))
