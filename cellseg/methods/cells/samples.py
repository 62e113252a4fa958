"""Sample pictures of a training by the recipe `cells`: the predicted cells, outlined."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.overlay import overlay
from cellseg.methods.cells.augmentation import Annotated
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.training.samples import SamplePicture

LEAST_PAUSE = 20.0
"""Least seconds between two pictures."""

PAUSE_SHARE = 0.05
"""Share of the elapsed time that passes before the next pictures: a long training makes few."""

SIDES = (128, 512)
"""The least and the most pixels of the side of such a picture."""

CELLS_ACROSS = 10.0
"""Typical cells that fit into one row of such a picture."""


class CellPictures:
    """Pictures of the same parts of a few images after some epochs: the cells found, outlined.

    Parameters
    ----------
    diameter : of the cells, pixels.
    """

    def __init__(
        self, folder: Path, images: Sequence[tuple[str, Annotated]], diameter: float
    ) -> None:
        side = int(min(SIDES[1], max(SIDES[0], CELLS_ACROSS * diameter)))
        self._parts: list[tuple[SamplePicture, NDArray[np.uint8], NDArray[np.int32]]] = []
        for index, (name, image) in enumerate(images):
            window = middle(image.labels, side)
            rgb, labels = image.image[window], image.labels[window]
            shown = SamplePicture(folder / f"{index:02d}", name, rgb, outlined(rgb, labels))
            self._parts.append((shown, rgb, labels))
        self._began = time.monotonic()
        self._last = -math.inf

    def draw(self, epoch: int, predictor: CellsPredictor) -> None:
        """Predict and store one picture for each image, if the last ones are old enough."""
        now = time.monotonic()
        if now - self._last < max(LEAST_PAUSE, PAUSE_SHARE * (now - self._began)):
            return
        for shown, rgb, known in self._parts:
            picture = outlined(rgb, predictor.labels_as(rgb, known))
            shown.add(epoch, picture)
        self._last = time.monotonic()


def middle(labels: NDArray[np.integer], side: int) -> tuple[slice, slice]:
    """The rows and columns of a square around the middle of the cells, inside the image."""
    window = []
    for places, length in zip(np.nonzero(labels), labels.shape, strict=True):
        centre = places.mean() if places.size else length / 2
        first = int(min(max(0, centre - side / 2), max(0, length - side)))
        window.append(slice(first, min(length, first + side)))
    return window[0], window[1]


def outlined(rgb: NDArray[np.uint8], labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """An image with the outline of each cell in a colour of its own."""
    return overlay(rgb, labels, style="outline", opacity=1.0, colour=None)
