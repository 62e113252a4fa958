"""Label images that try an export hard, and the filling of outlines by pixel centres."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def ring(side: int, thick: int = 1) -> NDArray[np.int64]:
    drawn = np.ones((side, side), int)
    drawn[thick:-thick, thick:-thick] = 0
    return drawn


def many() -> NDArray[np.int64]:
    """70,000 cells of 2 x 1 pixels, each touching its neighbours."""
    return np.repeat(np.arange(1, 70_001).reshape(280, 250), 2, axis=1)


DRAWN = {
    "one pixel": np.pad([[1]], 2),
    "one pixel is the image": np.array([[1]]),
    "a flat line": np.pad([[1, 1, 1, 1]], 1),
    "an upright line": np.pad([[1], [1], [1]], 1),
    "a diagonal line": np.eye(5, dtype=int),
    "a ring": np.pad(ring(5), 1),
    "a ring around a cell": np.pad(ring(7) + 2 * np.pad(np.ones((3, 3), int), 2), 1),
    "a ring around a ring of one label": ring(9) + np.pad(ring(5), 2),
    "a ring with a hole open at a corner": np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0]]),
    "two holes that touch by a corner": np.array(
        [[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]]
    ),
    "a hole through two corners": np.array(
        [[1, 1, 1, 0], [1, 0, 0, 1], [1, 1, 0, 1], [0, 1, 1, 1]]
    ),
    "touching cells": np.kron(np.arange(1, 10).reshape(3, 3), np.ones((4, 4), int)),
    "cells at every border": np.array([[1, 1, 0, 2], [0, 0, 0, 2], [3, 0, 0, 0], [3, 0, 4, 4]]),
    "the whole image": np.ones((3, 4), int),
    "a detached part": np.array([[5, 5, 0, 0, 5], [5, 5, 0, 0, 0], [0, 0, 0, 9, 9]]),
    "a part by a corner": np.array([[3, 3, 0], [3, 3, 0], [0, 0, 3]]),
    "a checkerboard": np.indices((6, 7)).sum(axis=0) % 2,
    "numbers with gaps": np.array([[0, 65_535, 65_535], [7, 0, 70_000]]),
    "nothing": np.zeros((4, 3), int),
}


def fill(image: NDArray, rings: Iterable[NDArray], value: int) -> None:
    """Give a value to the pixels whose centre lies in an odd number of rings.

    So fills ImageJ (PolygonFiller.java, and java.awt with WIND_EVEN_ODD for composite ROIs).

    Parameters
    ----------
    rings : each (P, 2), x and y of pixel corners, closed or not.
    """
    crossings: list[tuple[int, int, int]] = []
    for ring in rings:
        corners = [(int(x), int(y)) for x, y in np.asarray(ring).tolist()]
        for (x, y), (next_x, next_y) in zip(corners, corners[1:] + corners[:1], strict=True):
            if y != next_y:
                assert x == next_x, "outlines run along the edges of pixels"
                crossings.append((x, min(y, next_y), max(y, next_y)))
    left, right = min(crossings)[0], max(crossings)[0]
    top, bottom = min(y for _, y, _ in crossings), max(y for _, _, y in crossings)
    odd = np.zeros((bottom - top, right - left), bool)
    for x, begin, end in crossings:
        odd[begin - top : end - top, x - left :] ^= True
    image[top:bottom, left:right][odd] = value
