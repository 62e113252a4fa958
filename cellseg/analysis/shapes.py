"""Size, position and shape of all cells of a label image at once.

The values are those of the properties of equal name in `skimage.measure.regionprops`, as arrays
with one number for each cell.
"""

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.convex_hulls import RowSpans, convex_measures
from cellseg.analysis.label_runs import Labels, Runs, runs_of

Floats = NDArray[np.float64]
Columns = dict[str, NDArray]

_NEIGHBOURS = np.array([(0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)])
_NEIGHBOUR_WEIGHTS = (2, 2, 2, 2, 10, 10, 10, 10)
_ROUND_OFF = 1e-12


def shapes(labels: Labels, cells: int) -> Columns:
    """All shape columns.

    Parameters
    ----------
    labels : (Y, X), 0 = background, labels 1 to `cells` without gaps.

    Returns
    -------
    Arrays (N,) by the column names of `regionprops_table`; lengths in pixels, areas in square
    pixels, angles in radians.
    """
    runs = runs_of(labels)
    area = _sums(runs.label - 1, runs.length, cells)
    box = _boxes(runs, cells)
    centre = _centroids(runs, area)
    area_convex, feret = convex_measures(_spans(runs), cells)
    euler_number, crofton = _quads(labels, cells)
    area_bbox = np.prod([box["bbox-2"] - box["bbox-0"], box["bbox-3"] - box["bbox-1"]], axis=0)
    return {
        "area": area,
        "area_bbox": area_bbox.astype(float),
        "area_convex": area_convex.astype(float),
        "perimeter": _perimeters(labels, cells),
        "perimeter_crofton": crofton,
        **_ellipses(runs, area, centre),
        "equivalent_diameter_area": np.sqrt(4.0 * area / np.pi),
        "feret_diameter_max": feret,
        "solidity": area / area_convex,
        "extent": area / area_bbox,
        "euler_number": euler_number,
        "centroid-0": centre[0],
        "centroid-1": centre[1],
        **box,
    }


def _sums(cell: NDArray, values: NDArray, cells: int) -> Floats:
    """The sum of the values of each cell."""
    return np.bincount(cell, values, cells).astype(float)


def _boxes(runs: Runs, cells: int) -> Columns:
    """First row and column of each cell, and the row and column after the last."""
    order = np.argsort(runs.label, kind="stable")
    begins = np.searchsorted(runs.label[order], np.arange(1, cells + 1))
    return {
        "bbox-0": np.minimum.reduceat(runs.row[order], begins),
        "bbox-1": np.minimum.reduceat(runs.start[order], begins),
        "bbox-2": np.maximum.reduceat(runs.row[order], begins) + 1,
        "bbox-3": np.maximum.reduceat(runs.stop[order], begins),
    }


def _spans(runs: Runs) -> RowSpans:
    """First and last pixel of each row of each cell."""
    order = np.lexsort((runs.start, runs.row, runs.label))
    label, row = runs.label[order], runs.row[order]
    new = (np.diff(label, prepend=0) != 0) | (np.diff(row, prepend=-1) != 0)
    begins = np.flatnonzero(new)
    lasts = np.append(begins, label.size)[1:] - 1
    first, last = runs.start[order][begins], runs.stop[order][lasts] - 1
    return RowSpans(label[begins] - 1, row[begins], first, last)


def _centroids(runs: Runs, area: Floats) -> tuple[Floats, Floats]:
    """Mean y and mean x of the pixel centres."""
    middle = (runs.start + runs.stop - 1) / 2.0
    y = _sums(runs.label - 1, runs.row * runs.length, area.size) / area
    x = _sums(runs.label - 1, middle * runs.length, area.size) / area
    return y, x


def _ellipses(runs: Runs, area: Floats, centre: tuple[Floats, Floats]) -> Columns:
    """Axes, eccentricity and orientation of the ellipse of equal second moments."""
    cell = runs.label - 1
    dy = runs.row - centre[0][cell]
    dx = (runs.start + runs.stop - 1) / 2.0 - centre[1][cell]
    within = runs.length * (runs.length**2 - 1) / 12.0  # of a run about its own middle
    yy = _sums(cell, runs.length * dy**2, area.size) / area
    xx = _sums(cell, runs.length * dx**2 + within, area.size) / area
    yx = _sums(cell, runs.length * dy * dx, area.size) / area
    negligible = _ROUND_OFF * (xx + yy)
    yx[np.abs(yx) <= negligible] = 0.0
    tensor = np.stack([np.stack([xx, -yx], axis=-1), np.stack([-yx, yy], axis=-1)], axis=-1)
    short, long = np.clip(np.linalg.eigvalsh(tensor), 0.0, None).T
    ratio = np.divide(short, long, out=np.ones_like(long), where=long > 0)
    even = np.abs(xx - yy) <= negligible
    return {
        "axis_major_length": 4.0 * np.sqrt(long),
        "axis_minor_length": 4.0 * np.sqrt(short),
        "eccentricity": np.sqrt(1.0 - ratio),
        "orientation": np.where(
            even,
            np.where(yx > 0, np.pi / 4, -np.pi / 4),
            0.5 * np.arctan2(2.0 * yx, yy - xx),
        ),
    }


def _perimeters(labels: Labels, cells: int) -> Floats:
    """Length of the line through the centres of the border pixels (Benkrid & Crookes 2000).

    Border pixels have an edge neighbour of another label. Each counts 1, the square root of 2, or
    their mean, by the number of border pixels of its cell among its edge and corner neighbours.
    """
    padded = np.pad(labels, 1)
    centre = padded[1:-1, 1:-1]
    border = np.zeros(padded.shape, bool)
    inner = border[1:-1, 1:-1]
    for y, x in _NEIGHBOURS[:4]:
        inner |= centre != padded[1 + y : y + padded.shape[0] - 1, 1 + x : x + padded.shape[1] - 1]
    inner &= centre > 0
    at = np.flatnonzero(border)
    flat, flags = padded.reshape(-1), border.reshape(-1)
    label = flat[at]
    pattern = np.ones(at.size, np.int64)
    for (y, x), weight in zip(_NEIGHBOURS, _NEIGHBOUR_WEIGHTS, strict=True):
        other = at + y * padded.shape[1] + x
        pattern += weight * (flags[other] & (flat[other] == label))
    lengths = np.zeros(50)
    lengths[[5, 7, 15, 17, 25, 27]] = 1.0
    lengths[[21, 33]] = np.sqrt(2.0)
    lengths[[13, 23]] = (1.0 + np.sqrt(2.0)) / 2.0
    return _sums(label.astype(np.int64) - 1, lengths[pattern], cells)


def _quads(labels: Labels, cells: int) -> tuple[NDArray[np.int64], Floats]:
    """Euler number (8-connected) and Crofton perimeter, from the squares of four pixels.

    A square's pattern is a sum of 1, 2, 4 and 8 for its lower right, upper right, lower left and
    upper left pixel of the cell (Ohser, Nagel & Schladitz 2002; Rivollier 2010, 4 directions).
    """
    root = np.sqrt(2.0)
    euler = np.zeros(16)
    euler[[6, 8, 14]] = -1.0, 1.0, -1.0
    crofton = np.zeros(16)
    crofton[[1, 5]] = np.pi / 4 * (1 + 1 / root)
    crofton[[2, 7, 10, 11]] = np.pi / (4 * root)
    crofton[3] = np.pi / (2 * root)
    crofton[[8, 12]] = np.pi / 4
    crofton[[9, 13]] = np.pi / 2
    pixels_of = np.array([max(1, bin(pattern).count("1")) for pattern in range(16)])

    padded = np.pad(labels, 1)
    corners = padded[1:, 1:], padded[:-1, 1:], padded[1:, :-1], padded[:-1, :-1]
    mixed = np.zeros(corners[0].shape, bool)
    for corner in corners[1:]:
        mixed |= corner != corners[0]
    found = [corner[mixed] for corner in corners]
    sums = np.zeros((2, cells))
    for label in found:
        inside = label > 0
        own = label[inside]
        pattern = sum((other[inside] == own) << bit for bit, other in enumerate(found))
        index = own.astype(np.int64) - 1
        for row, weights in enumerate((euler, crofton)):
            sums[row] += _sums(index, (weights / pixels_of)[pattern], cells)
    return np.rint(sums[0]).astype(np.int64), sums[1]
