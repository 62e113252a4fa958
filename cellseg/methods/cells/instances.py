"""Instances from the outputs of the network: a watershed of the distance map from its h-maxima."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from cellseg.recipes.cells.facts import InstanceSettings

OUTSIDE = -np.inf
"""Height of pixels outside the mask."""

Indices = NDArray[np.intp]


def instances_from_maps(
    foreground: NDArray[np.floating],
    boundary: NDArray[np.floating],
    distance: NDArray[np.floating],
    settings: InstanceSettings,
) -> NDArray[np.int32]:
    """Label image from the maps that the network predicts.

    The instances are the h-maxima basins of the Gaussian-smoothed map distance - boundary_weight *
    boundary, within the foreground mask.

    Parameters
    ----------
    foreground, boundary : probabilities, float (Y, X), 0 to 1.
    distance : float (Y, X), normalized distance to the border of the cell, about 0 to 1.
    settings : thresholds.

    Returns
    -------
    int32 (Y, X): 0 is background, 1 to N the cells; cells smaller than `min_area` pixels or with a
    mean foreground probability below `min_score` are removed.
    """
    mask = foreground > settings.foreground
    heights = gaussian_filter(distance - settings.boundary_weight * boundary, settings.smoothing)
    basins = h_maxima_basins(heights, mask, settings.prominence)
    return filter_by_size_and_score(basins, foreground, settings)


def h_maxima_basins(
    heights: NDArray[np.floating], mask: NDArray[np.bool_], h: float
) -> NDArray[np.int32]:
    """Watershed basins of the maxima that rise at least h above the saddle to any higher maximum.

    Each pixel belongs to the maximum that the steepest ascent leads to (watershed of a discrete
    function, Meyer 1994). Then, from the highest saddle to the lowest, the lower of two basins is
    merged into the higher one if its maximum rises less than h above their saddle; what is left are
    the basins of the h-maxima (Soille 2003). The highest basin of each connected component of the
    mask is kept even if it is flat. Pixels are 8-connected.

    Parameters
    ----------
    heights : float (Y, X).
    mask : bool (Y, X), the pixels to label.
    h : above 0, in the unit of the heights.

    Returns
    -------
    int32 (Y, X): 0 outside the mask, 1 to N the basins, in the order of the rows of their maxima.
    """
    padded = np.full((mask.shape[0] + 2, mask.shape[1] + 2), OUTSIDE, np.float32)
    padded[1:-1, 1:-1][mask] = heights[mask]
    flat, row = padded.ravel(), padded.shape[1]
    pixels = np.flatnonzero(flat > OUTSIDE)
    offsets = (1, row - 1, row, row + 1)  # of the neighbours that follow in raster order
    basins, maxima = _steepest_ascent(flat, pixels, offsets)
    merged = _merge_basins(flat[maxima], *_saddles(flat, pixels, basins, offsets), h)
    numbers = np.cumsum(merged == np.arange(maxima.size), dtype=np.int32)
    labels = np.zeros(flat.size, np.int32)
    labels[pixels] = numbers[merged][basins]
    return labels.reshape(padded.shape)[1:-1, 1:-1]


def _steepest_ascent(
    flat: NDArray[np.float32], pixels: Indices, offsets: tuple[int, ...]
) -> tuple[Indices, Indices]:
    """Basin of each pixel, numbered from 0, and the pixel of each maximum.

    On a plateau the ascent leads to the last pixel in raster order, so that it never cycles.
    """
    best, height = pixels, flat[pixels]
    for offset in (*(-offset for offset in offsets), *offsets):
        neighbour = flat[pixels + offset]
        higher = neighbour >= height if offset > 0 else neighbour > height
        best, height = np.where(higher, pixels + offset, best), np.where(higher, neighbour, height)
    index = np.zeros(flat.size, np.intp)
    index[pixels] = np.arange(pixels.size)
    target = index[best]
    while not np.array_equal(further := target[target], target):
        target = further
    maxima = np.flatnonzero(target == np.arange(pixels.size))
    return np.searchsorted(maxima, target), pixels[maxima]


def _saddles(
    flat: NDArray[np.float32], pixels: Indices, basins: Indices, offsets: tuple[int, ...]
) -> tuple[Indices, Indices, NDArray[np.float32]]:
    """Pairs of adjacent basins and the height of the saddle between them, the highest first."""
    basin_of = np.full(flat.size, -1)
    basin_of[pixels] = basins
    pairs, heights = [], []
    for offset in offsets:
        other = basin_of[pixels + offset]
        adjacent = np.flatnonzero((other >= 0) & (other != basins))
        pairs.append(np.sort([basins[adjacent], other[adjacent]], axis=0))
        heights.append(np.minimum(flat[pixels[adjacent]], flat[pixels[adjacent] + offset]))
    (first, second), saddle = np.concatenate(pairs, axis=1), np.concatenate(heights)
    order = np.argsort(-saddle, kind="stable")
    pair = first * (basins.max(initial=0) + 1) + second
    _, highest = np.unique(pair[order], return_index=True)
    order = order[np.sort(highest)]
    return first[order], second[order], saddle[order]


def _merge_basins(
    maxima: NDArray[np.float32],
    first: Indices,
    second: Indices,
    saddles: NDArray[np.float32],
    h: float,
) -> Indices:
    """Basin that each basin is merged into, by union-find; itself where it is an h-maximum."""
    parent, height = list(range(maxima.size)), maxima.tolist()

    def root(basin: int) -> int:
        while parent[basin] != basin:
            parent[basin] = basin = parent[parent[basin]]
        return basin

    for one, other, saddle in zip(first.tolist(), second.tolist(), saddles.tolist(), strict=True):
        low, high = sorted((root(one), root(other)), key=height.__getitem__)
        if low != high and height[low] - saddle < h:
            parent[low] = high
    return np.array([root(basin) for basin in range(maxima.size)], np.intp)


def filter_by_size_and_score(
    labels: NDArray[np.int32], foreground: NDArray[np.floating], settings: InstanceSettings
) -> NDArray[np.int32]:
    """Remove cells that are too small or too improbable; the others are relabelled from 1.

    Parameters
    ----------
    labels : int32 (Y, X); 0 is background.
    foreground : probability, float (Y, X), 0 to 1.
    settings : the smallest area, pixels, and the smallest mean probability.
    """
    flat = labels.ravel()
    pixels = np.flatnonzero(flat)
    cells = flat.take(pixels)
    areas = np.bincount(cells)
    sums = np.bincount(cells, foreground.ravel().take(pixels))
    keep = (areas >= settings.min_area) & (sums >= settings.min_score * areas) & (areas > 0)
    numbers = np.cumsum(keep, dtype=np.int32) * keep
    filtered = np.zeros(flat.size, np.int32)
    filtered[pixels] = numbers.astype(np.int32).take(cells)
    return filtered.reshape(labels.shape)
