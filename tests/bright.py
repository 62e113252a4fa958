"""Stands for a network in tests that need none."""

import numpy as np

from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import connected_components


class Bright:
    """What is brighter than 100 is a cell; counts how often it was asked."""

    def __init__(self):
        self.asked = 0

    def cells(self, image, options=None, progress=None):
        self.asked += 1
        pixels = image.pixels if image.axes == "YX" else image.pixels[..., 0]
        found = pixels > 100
        probability = np.where(found, 0.9, 0.1).astype(np.float32)
        return Cells(connected_components(found), probability)
