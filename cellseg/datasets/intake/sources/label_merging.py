"""Masks of single cells, merged into one label image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from skimage.draw import polygon

Vertices = np.ndarray
"""Vertices of an outline, (N, 2): x and y in pixels from the upper left corner of the image."""


@dataclass(frozen=True, eq=False)
class Merged:
    """A label image merged from the masks of its cells.

    labels : (Y, X), uint16 or uint32.
    overlap : number of pixels that more than one cell covers; the smallest cell gets them.
    """

    labels: np.ndarray
    overlap: int


def merge(cells: Iterable[np.ndarray], shape: tuple[int, int]) -> Merged:
    """Merge cells into a label image; labels count from 1 in the order of the cells.

    Parameters
    ----------
    cells : flat indices of the pixels of each cell, in an image of this shape.
    shape : (Y, X) of the image.
    """
    listed = [np.unique(cell) for cell in cells]
    kind = np.uint16 if len(listed) <= np.iinfo(np.uint16).max else np.uint32
    labels = np.zeros(shape, kind)
    coverage = np.zeros(labels.size, np.uint16)
    for number in sorted(range(len(listed)), key=lambda index: -len(listed[index])):
        labels.flat[listed[number]] = number + 1
        coverage[listed[number]] += 1
    return Merged(labels, int(np.count_nonzero(coverage > 1)))


def filled_pixels(rings: Sequence[Vertices], shape: tuple[int, int]) -> np.ndarray:
    """Flat indices of the pixels whose centres are inside the rings of one cell.

    A ring inside another ring is a hole.

    Parameters
    ----------
    shape : (Y, X) of the image.
    """
    inside = np.zeros(0, np.intp)
    for ring in rings:
        if len(ring) < 3 or not np.isfinite(ring).all():
            continue
        rows, columns = polygon(ring[:, 1] - 0.5, ring[:, 0] - 0.5, shape)
        inside = np.setxor1d(inside, np.ravel_multi_index((rows, columns), shape))
    return inside
