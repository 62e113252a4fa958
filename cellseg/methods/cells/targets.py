"""Training targets of the recipe `cells`: maps that are computed from a label image."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

ROWS_PER_BLOCK = 1024
"""Rows of a label image that are counted at a time."""

MAX_WEIGHT = 4.0
"""Largest weight of a pixel by the area of its cell; background has 1."""

SEPARATION_FACTOR = 3.0
"""Factor on the weight of pixels between two cells."""

WEIGHT_NEIGHBOURHOOD = 7
"""Side of the square neighbourhood of which a pixel gets the largest weight, pixels."""

SEPARATION_NEIGHBOURHOOD = 5
"""Side of the square neighbourhood in which a pixel between cells has two cells, pixels."""

LOWER_QUARTILE = 25.0
"""Percentile of the cell areas that decides whether an image is enlarged."""


def distance_map(labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """Euclidean distance of each pixel to the border of its cell, divided by the cell's maximum.

    The edge of the image is not a border: a cell that touches it is taken to extend beyond.

    Parameters
    ----------
    labels : int (Y, X); 0 is background.

    Returns
    -------
    float32 (Y, X): 0 in the background, above 0 and at most 1 in a cell.
    """
    distance = np.zeros(labels.shape, np.float32)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        padded_box = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in box)
        cell = labels[padded_box] == number
        inside = ndimage.distance_transform_edt(cell)  # infinite where a cell fills the image
        distance[padded_box][cell] = (
            np.minimum(inside[cell] / inside.max(), 1.0) if not cell.all() else 1.0
        )
    return distance


def boundary_map(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels of cells with a 4-connected neighbour in another cell or in the background.

    Parameters
    ----------
    labels : int (Y, X); 0 is background.

    Returns
    -------
    bool (Y, X).
    """
    boundary = np.zeros(labels.shape, bool)
    vertical = labels[1:] != labels[:-1]
    horizontal = labels[:, 1:] != labels[:, :-1]
    boundary[1:] |= vertical
    boundary[:-1] |= vertical
    boundary[:, 1:] |= horizontal
    boundary[:, :-1] |= horizontal
    return boundary & (labels > 0)


def weight_map(labels: NDArray[np.integer], typical_area: float) -> NDArray[np.float32]:
    """Weight of each pixel in the loss; small cells and gaps between cells weigh more.

    A pixel of a cell of area A has the weight 2 sqrt(typical_area / A), clipped to 1 to 4; a pixel
    of background has 1. Each pixel gets the largest weight of its neighbourhood of 7 x 7 pixels:
    if only the pixels of a small cell weighed more, the network would draw small cells too large.
    Pixels between two cells weigh three times as much (after the border weights of Ronneberger et
    al. 2015, arXiv:1505.04597); see `separation_mask`.

    Parameters
    ----------
    labels : int (Y, X); 0 is background.
    typical_area : median area of the cells of the training images, pixels.

    Returns
    -------
    float32 (Y, X), 1 to 12.
    """
    areas = np.bincount(labels.ravel()).astype(np.float64)
    with np.errstate(divide="ignore"):
        weights = np.clip(2.0 * np.sqrt(typical_area / areas), 1.0, MAX_WEIGHT)
    weights[0] = 1.0
    largest = ndimage.maximum_filter(
        weights.astype(np.float32)[labels], WEIGHT_NEIGHBOURHOOD, mode="nearest"
    )
    return largest * np.where(separation_mask(labels), np.float32(SEPARATION_FACTOR), 1)


def separation_mask(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels, of cells or background, with at least two cells within 5 x 5 pixels.

    Parameters
    ----------
    labels : int (Y, X); 0 is background.

    Returns
    -------
    bool (Y, X).
    """
    above_all = labels.max() + 1
    largest = ndimage.maximum_filter(labels, SEPARATION_NEIGHBOURHOOD, mode="nearest")
    smallest = ndimage.minimum_filter(
        np.where(labels > 0, labels, above_all), SEPARATION_NEIGHBOURHOOD, mode="nearest"
    )
    return (largest > 0) & (smallest < largest)


def structure_width(masks: Iterable[NDArray[np.integer]]) -> float | None:
    """Typical width of the thinner of foreground and background, such as membranes, pixels.

    Twice the smaller of both areas divided by the length of the border between them. The length is
    pi / 4 times the number of pixel pairs across the border, as for a border that runs equally
    often in all directions.

    Parameters
    ----------
    masks : each int (Y, X); 0 is background.

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
    """Diameter of a circle with the median area of the cells, pixels.

    Parameters
    ----------
    labels : int (Y, X); 0 is background.
    percentile : of the areas, instead of the median, 0 to 100.

    Returns
    -------
    None where there is no cell.
    """
    areas = np.zeros(int(labels.max(initial=0)) + 1, np.int64)
    for row in range(0, len(labels), ROWS_PER_BLOCK):  # a whole slide at once would fill memory
        block = labels[row : row + ROWS_PER_BLOCK]
        areas += np.bincount(block[block > 0], minlength=areas.size)
    areas = areas[1:][areas[1:] > 0]
    return (
        2.0 * math.sqrt(float(np.percentile(areas, percentile)) / math.pi) if areas.size else None
    )
