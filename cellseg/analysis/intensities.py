"""Intensity statistics of the cells of a label image, for each channel."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.label_runs import Labels, runs_of

PIXELS_AT_ONCE = 1 << 22
"""Number of foreground pixels that are processed at a time, or those of a larger cell."""

STATISTICS = ("mean", "min", "max", "std", "median")


def intensities(labels: Labels, pixels: NDArray, cells: int) -> dict[str, NDArray[np.float64]]:
    """Mean, minimum, maximum, standard deviation and median of each cell.

    Parameters
    ----------
    labels : (Y, X), 0 = background, labels 1 to `cells` without gaps.
    pixels : (Y, X) or (Y, X, C).

    Returns
    -------
    float64 (N,) by the names of `regionprops_table`, such as `intensity_mean`, or
    `intensity_mean-0` for the first channel of (Y, X, C); in the units of the image.
    """
    planes = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    channels = [planes[..., channel].reshape(-1) for channel in range(planes.shape[2])]
    found = np.zeros((len(channels), len(STATISTICS), cells))
    for index, positions, begins in _cells(labels, cells):
        for channel, plane in enumerate(channels):
            values = plane[positions]
            found[channel, :, index] = _statistics(values, begins)
    suffixes = [""] if pixels.ndim == 2 else [f"-{channel}" for channel in range(len(channels))]
    return {
        f"intensity_{name}{suffix}": found[channel, row]
        for row, name in enumerate(STATISTICS)
        for channel, suffix in enumerate(suffixes)
    }


def means(labels: Labels, pixels: NDArray, cells: int) -> NDArray[np.float64]:
    """The mean of `pixels` (Y, X) over each cell; float64 (N,)."""
    found = np.zeros(cells)
    for index, positions, begins in _cells(labels, cells):
        sums = np.add.reduceat(pixels.reshape(-1)[positions].astype(float), begins)
        found[index] = sums / np.diff(np.append(begins, positions.size))
    return found


def _cells(
    labels: Labels, cells: int
) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.int64]]]:
    """Groups of cells: their slice, flat indices of their pixels, and where each cell begins."""
    runs = runs_of(labels)
    order = np.argsort(runs.label, kind="stable")
    length = runs.length[order]
    start = (runs.row * labels.shape[1] + runs.start)[order]
    first_run = np.searchsorted(runs.label[order], np.arange(1, cells + 2))
    pixels_before = np.append(0, np.cumsum(length))[first_run]
    cell = 0
    while cell < cells:
        limit = pixels_before[cell] + PIXELS_AT_ONCE
        stop = max(cell + 1, int(np.searchsorted(pixels_before, limit, side="right")) - 1)
        chosen = slice(first_run[cell], first_run[stop])
        lengths = length[chosen]
        positions = np.arange(lengths.sum())
        positions += np.repeat(start[chosen] - (np.cumsum(lengths) - lengths), lengths)
        yield slice(cell, stop), positions, pixels_before[cell:stop] - pixels_before[cell]
        cell = stop


def _statistics(values: NDArray, begins: NDArray[np.int64]) -> NDArray[np.float64]:
    """The statistics of each group of values, (statistics, groups)."""
    counts = np.diff(np.append(begins, values.size))
    mean = np.add.reduceat(values.astype(float), begins) / counts
    deviation = values - np.repeat(mean, counts)
    std = np.sqrt(np.add.reduceat(deviation * deviation, begins) / counts)
    if values.dtype == np.uint8:
        values = values.astype(np.uint16)  # numpy sorts 16 bits much faster than 8
    for begin, count in zip(begins.tolist(), counts.tolist(), strict=True):
        values[begin : begin + count].sort()
    lower, upper = begins + (counts - 1) // 2, begins + counts // 2
    median = (values[lower].astype(float) + values[upper]) / 2.0
    return np.stack([mean, values[begins], values[begins + counts - 1], std, median])
