"""What the network of the recipe `cells` is to say of each pixel, made from a label image."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

ROWS = 1024
"""Rows of an image that are counted at a time."""

MOST = 4.0
"""Most that a pixel weighs for the size of its cell, against a pixel of background."""

BETWEEN = 3.0
"""How many times more a pixel weighs that has two cells around it."""

HALO = 7
"""Side of the square around a pixel whose cells say what it weighs, pixels."""

QUARTILE = 25.0
"""Percent of the cells of an image that are smaller than those that tell whether it is enlarged."""

AROUND = 5
"""Side of the square that is looked at around a pixel, pixels."""


def distances(labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """Distance of each pixel to the border of its cell, as a share of the largest in that cell.

    The edge of the image is no border: a cell that it cuts goes on behind it.

    Parameters
    ----------
    labels : (Y, X); 0 is background.

    Returns
    -------
    float32 (Y, X), 0 in the background, above 0 and up to 1 in a cell.
    """
    share = np.zeros(labels.shape, np.float32)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        wide = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in box)
        cell = labels[wide] == number
        inside = ndimage.distance_transform_edt(cell)  # infinite where a cell fills the image
        share[wide][cell] = np.minimum(inside[cell] / inside.max(), 1.0) if not cell.all() else 1.0
    return share


def boundaries(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels of cells that touch, by an edge, a pixel of another cell or of the background."""
    edge = np.zeros(labels.shape, bool)
    down = labels[1:] != labels[:-1]
    right = labels[:, 1:] != labels[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    return edge & (labels > 0)


def weights(labels: NDArray[np.integer], typical_area: float) -> NDArray[np.float32]:
    """How much each pixel counts in the loss: small cells like large ones, and what parts cells.

    A pixel of a cell of area A weighs 2 sqrt(typical_area / A), from 1 to 4; one of background 1.
    Pixels around a cell weigh as it does, or what is learned of a small cell would be larger than
    it is: too little of it would cost more than too much. All is three times that where the square
    of 5 pixels around it holds two cells (as Ronneberger et al. 2015 weigh the ground between
    cells, arXiv:1505.04597).

    Parameters
    ----------
    labels : (Y, X); 0 is background.
    typical_area : of the cells of the training images, pixels.

    Returns
    -------
    float32 (Y, X).
    """
    areas = np.bincount(labels.ravel()).astype(np.float64)
    with np.errstate(divide="ignore"):
        table = np.clip(2.0 * np.sqrt(typical_area / areas), 1.0, MOST)
    table[0] = 1.0
    around = ndimage.maximum_filter(table.astype(np.float32)[labels], HALO, mode="nearest")
    return around * np.where(between(labels), np.float32(BETWEEN), 1)


def between(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels, of cells or of the ground, with at least two cells in the square around them."""
    none = labels.max() + 1
    largest = ndimage.maximum_filter(labels, AROUND, mode="nearest")
    smallest = ndimage.minimum_filter(np.where(labels > 0, labels, none), AROUND, mode="nearest")
    return (largest > 0) & (smallest < largest)


def thinner(masks: Iterable[NDArray[np.integer]]) -> float | None:
    """Typical width of the thinner of foreground and background, pixels: membranes between cells.

    Twice the area of the smaller of both over the length of the border between them; the length is
    pi / 4 times the pairs of pixels across it, as of a border that runs in all directions alike.

    Parameters
    ----------
    masks : each (Y, X); 0 is background.

    Returns
    -------
    None where there is no border.
    """
    areas, pairs = np.zeros(2), 0
    for mask in masks:
        cell = mask > 0
        areas += [np.count_nonzero(~cell), np.count_nonzero(cell)]
        pairs += int(np.count_nonzero(cell[1:] != cell[:-1]))
        pairs += int(np.count_nonzero(cell[:, 1:] != cell[:, :-1]))
    return 2.0 * areas.min() / (math.pi / 4.0 * pairs) if pairs else None


def typical_diameter(labels: NDArray[np.integer], percentile: float = 50.0) -> float | None:
    """Of a circle of the median area of the cells, pixels; None where there is no cell.

    Parameters
    ----------
    percentile : of the areas, in place of the median, percent.
    """
    areas = np.zeros(int(labels.max(initial=0)) + 1, np.int64)
    for row in range(0, len(labels), ROWS):  # a count of a whole slide at once would fill memory
        part = labels[row : row + ROWS]
        areas += np.bincount(part[part > 0], minlength=areas.size)
    areas = areas[1:][areas[1:] > 0]
    return (
        2.0 * math.sqrt(float(np.percentile(areas, percentile)) / math.pi) if areas.size else None
    )
