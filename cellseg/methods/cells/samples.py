"""Sample pictures of a training by the recipe `cells`: the outlines of the predicted cells."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.overlay import overlay
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.training.samples import SamplePicture

MIN_INTERVAL = 20.0
"""Shortest time between two pictures, seconds."""

INTERVAL_FRACTION = 0.05
"""Fraction of the elapsed time between two pictures; a long training draws few."""

SIDE_RANGE = (128, 512)
"""Smallest and largest side of a picture, pixels."""

CELLS_PER_SIDE = 10.0
"""Side of a picture, in typical cell diameters."""


class OutlinePictures:
    """Draws the predicted cells on the same regions of a few images, after some epochs.

    Parameters
    ----------
    folder : of all pictures; each image gets a folder in it.
    images : with their names.
    diameter : of a typical cell, pixels.
    """

    def __init__(
        self, folder: Path, images: Sequence[tuple[str, AnnotatedImage]], diameter: float
    ) -> None:
        side = int(min(SIDE_RANGE[1], max(SIDE_RANGE[0], CELLS_PER_SIDE * diameter)))
        self._regions: list[tuple[SamplePicture, NDArray[np.uint8], NDArray[np.int32]]] = []
        for index, (name, image) in enumerate(images):
            region = central_region(image.labels, side)
            rgb, labels = image.image[region], image.labels[region]
            picture = SamplePicture(folder / f"{index:02d}", name, rgb, draw_outlines(rgb, labels))
            self._regions.append((picture, rgb, labels))
        self._started = time.monotonic()
        self._last = -math.inf

    def draw(self, epoch: int, predictor: CellsPredictor) -> None:
        """Predict and store one picture of each image, unless the last ones are too recent."""
        now = time.monotonic()
        if now - self._last < max(MIN_INTERVAL, INTERVAL_FRACTION * (now - self._started)):
            return
        for picture, rgb, labels in self._regions:
            predicted = predictor.labels_at_true_scale(rgb, labels)
            picture.add(epoch, draw_outlines(rgb, predicted))
        self._last = time.monotonic()


def central_region(labels: NDArray[np.integer], side: int) -> tuple[slice, slice]:
    """Rows and columns of a square around the centre of mass of the cells, inside the image.

    Parameters
    ----------
    labels : int (Y, X); 0 is background.
    side : of the square, pixels.
    """
    region = []
    for positions, length in zip(np.nonzero(labels), labels.shape, strict=True):
        centre = positions.mean() if positions.size else length / 2
        start = int(min(max(0, centre - side / 2), max(0, length - side)))
        region.append(slice(start, min(length, start + side)))
    return region[0], region[1]


def draw_outlines(rgb: NDArray[np.uint8], labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Draw the outline of each cell in a colour of its own; uint8 (Y, X, 3)."""
    return overlay(rgb, labels, style="outline", opacity=1.0, colour=None)
