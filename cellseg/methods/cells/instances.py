"""From the outputs of the network to instances: a watershed of the distance map from h-maxima."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from cellseg.recipes.cells.facts import InstanceSettings

OUTSIDE = -np.inf
"""Height where no hill may be."""

Indices = NDArray[np.intp]


def separated_cells(
    foreground: NDArray[np.floating],
    boundary: NDArray[np.floating],
    distance: NDArray[np.floating],
    settings: InstanceSettings,
) -> NDArray[np.int32]:
    """The hills of distance - weight * boundary, smoothed, on the foreground: a cell each.

    Parameters
    ----------
    foreground, boundary : probabilities (Y, X), 0 to 1.
    distance : to the boundary as a share of the cell's largest, (Y, X).

    Returns
    -------
    int32 (Y, X): 0 is background, 1 to N the cells, none below `min_area` pixels or with a mean
    foreground probability below `min_score`.
    """
    mask = foreground > settings.foreground
    inner = gaussian_filter(distance - settings.boundary_weight * boundary, settings.smoothing)
    return worthy(prominent_hills(inner, mask, settings.prominence), foreground, settings)


def prominent_hills(
    heights: NDArray[np.floating], mask: NDArray[np.bool_], prominence: float
) -> NDArray[np.int32]:
    """Hills that rise by at least the prominence above their saddle to any higher one.

    Each pixel belongs to the top that the steepest way up leads to (watersheds of a discrete
    function, Meyer 1994); then, from the highest saddle down, the lower of two hills that rises
    too little above their saddle becomes part of the higher. These are the basins of the h-maxima
    (Soille 2003): maxima that noise makes are no hills. The highest hill of each connected part
    of the mask is one however flat. Pixels are neighbours by edges and corners.

    Parameters
    ----------
    heights : (Y, X).
    mask : (Y, X), where hills may be.
    prominence : above 0, in the unit of the heights.

    Returns
    -------
    int32 (Y, X): 0 outside the mask, 1 to N the hills, in the order of the rows of their tops.
    """
    bordered = np.full((mask.shape[0] + 2, mask.shape[1] + 2), OUTSIDE, np.float32)
    bordered[1:-1, 1:-1][mask] = heights[mask]
    flat, row = bordered.ravel(), bordered.shape[1]
    places = np.flatnonzero(flat > OUTSIDE)
    ahead = (1, row - 1, row, row + 1)
    hills, tops = _climbed(flat, places, ahead)
    merged = _merged(flat[tops], *_saddles(flat, places, hills, ahead), prominence)
    numbers = np.cumsum(merged == np.arange(tops.size), dtype=np.int32)
    labels = np.zeros(flat.size, np.int32)
    labels[places] = numbers[merged][hills]
    return labels.reshape(bordered.shape)[1:-1, 1:-1]


def _climbed(
    flat: NDArray[np.float32], places: Indices, ahead: tuple[int, ...]
) -> tuple[Indices, Indices]:
    """The hill of each place, numbered from 0, and the places of the tops.

    On a level the way leads to the last pixel, so that no way is a circle.
    """
    best, height = places, flat[places]
    for step in (*(-step for step in ahead), *ahead):
        there = flat[places + step]
        better = there >= height if step > 0 else there > height
        best, height = np.where(better, places + step, best), np.where(better, there, height)
    number = np.zeros(flat.size, np.intp)
    number[places] = np.arange(places.size)
    towards = number[best]
    while not np.array_equal(further := towards[towards], towards):
        towards = further
    tops = np.flatnonzero(towards == np.arange(places.size))
    return np.searchsorted(tops, towards), places[tops]


def _saddles(
    flat: NDArray[np.float32], places: Indices, hills: Indices, ahead: tuple[int, ...]
) -> tuple[Indices, Indices, NDArray[np.float32]]:
    """Pairs of hills that touch, and the height of the saddle between them; highest first."""
    owner = np.full(flat.size, -1)
    owner[places] = hills
    pairs, heights = [], []
    for step in ahead:
        other = owner[places + step]
        touch = np.flatnonzero((other >= 0) & (other != hills))
        pairs.append(np.sort([hills[touch], other[touch]], axis=0))
        heights.append(np.minimum(flat[places[touch]], flat[places[touch] + step]))
    (one, two), saddle = np.concatenate(pairs, axis=1), np.concatenate(heights)
    order = np.argsort(-saddle, kind="stable")
    _, first = np.unique((one * (hills.max(initial=0) + 1) + two)[order], return_index=True)
    order = order[np.sort(first)]
    return one[order], two[order], saddle[order]


def _merged(
    tops: NDArray[np.float32],
    one: Indices,
    two: Indices,
    saddles: NDArray[np.float32],
    prominence: float,
) -> Indices:
    """The hill that each hill has become part of, by union-find; itself where it is prominent."""
    parent, height = list(range(tops.size)), tops.tolist()

    def root(hill: int) -> int:
        while parent[hill] != hill:
            parent[hill] = hill = parent[parent[hill]]
        return hill

    for first, second, saddle in zip(one.tolist(), two.tolist(), saddles.tolist(), strict=True):
        low, high = sorted((root(first), root(second)), key=height.__getitem__)
        if low != high and height[low] - saddle < prominence:
            parent[low] = high
    return np.array([root(hill) for hill in range(tops.size)], np.intp)


def worthy(
    labels: NDArray[np.int32], foreground: NDArray[np.floating], settings: InstanceSettings
) -> NDArray[np.int32]:
    """The cells that are large and likely enough, numbered anew from 1.

    Parameters
    ----------
    labels : int32 (Y, X). foreground : probability (Y, X), 0 to 1.
    """
    numbers = labels.ravel()
    places = np.flatnonzero(numbers)
    cells = numbers.take(places)
    areas = np.bincount(cells)
    sums = np.bincount(cells, foreground.ravel().take(places))
    keep = (areas >= settings.min_area) & (sums >= settings.min_score * areas) & (areas > 0)
    anew = np.cumsum(keep, dtype=np.int32) * keep
    found = np.zeros(numbers.size, np.int32)
    found[places] = anew.astype(np.int32).take(cells)
    return found.reshape(labels.shape)
