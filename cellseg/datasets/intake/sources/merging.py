"""Cells that were drawn one by one become one label image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from skimage.draw import polygon

Ring = np.ndarray
"""Corners of an outline, (N, 2), x and y in pixels from the image's upper left corner."""


@dataclass(frozen=True, eq=False)
class Merged:
    """A label image and what was lost in making it.

    labels : (Y, X), uint16 or uint32.
    disputed : pixels that more than one cell claimed; the smaller cell has them.
    """

    labels: np.ndarray
    disputed: int


def merge(cells: Iterable[np.ndarray], shape: tuple[int, int]) -> Merged:
    """Number cells from 1 in the order in which they come.

    Parameters
    ----------
    cells : for each cell the flat indices of its pixels in an image of `shape` (Y, X).
    """
    listed = [np.unique(cell) for cell in cells]
    kind = np.uint16 if len(listed) <= np.iinfo(np.uint16).max else np.uint32
    labels = np.zeros(shape, kind)
    claims = np.zeros(labels.size, np.uint16)
    for number in sorted(range(len(listed)), key=lambda index: -len(listed[index])):
        labels.flat[listed[number]] = number + 1
        claims[listed[number]] += 1
    return Merged(labels, int(np.count_nonzero(claims > 1)))


def filled(rings: Sequence[Ring], shape: tuple[int, int]) -> np.ndarray:
    """Flat indices of the pixels whose centres lie inside the rings of one cell.

    A ring inside another one is a hole.

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
