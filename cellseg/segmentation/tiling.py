"""Images of any size, window by window: which windows, and how their cells become one image."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

STEP = 32
"""Windows begin at multiples of this many pixels, so that the network's grid lies alike in all."""

TOLERANCE = 2.0
"""Pixels by which a cell's centre may lie outside the core that it belongs to."""

Counted = Callable[[int, int], None]
"""Called with (parts done, parts in all); what it raises ends the work."""

Found = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Labels and foreground probability of a window, both of its shape."""


@dataclass(frozen=True)
class Tile:
    """A part of an image: the core that it answers for, and the window that is looked at.

    Cores cover the image without overlap; a window is its core with a margin all around, as far
    as the image goes.
    """

    core: tuple[slice, slice]
    window: tuple[slice, slice]

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width of the window."""
        return tuple(span.stop - span.start for span in self.window)


def tiles(height: int, width: int, side: int, margin: int, step: int = STEP) -> list[Tile]:
    """The tiles of an image, row by row.

    Parameters
    ----------
    side, margin : of the cores, pixels; rounded up to multiples of `step`.
    """
    side, margin = (-(-length // step) * step for length in (side, margin))
    rows, columns = (list(_spans(length, side, margin)) for length in (height, width))
    return [Tile((row, column), (tall, wide)) for row, tall in rows for column, wide in columns]


def alike(parts: Sequence[Tile], most: int) -> Iterator[list[Tile]]:
    """The tiles in their order, up to `most` at once where their windows are of one shape."""
    for _, group in groupby(parts, lambda tile: tile.shape):
        same = list(group)
        for first in range(0, len(same), most):
            yield same[first : first + most]


def stitched(
    height: int,
    width: int,
    parts: Sequence[Tile],
    found: Iterable[Found],
    progress: Counted | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The cells of a whole image from those of its tiles; no cell is cut, none comes twice.

    A cell belongs to the tile in whose core its centre lies, and is taken from there as a whole,
    beyond the core too. One that lies for more than half on cells that are there already was seen
    by two tiles and is passed over.

    Parameters
    ----------
    found : of each tile's window, in the order of `parts`, taken one by one; the margin must be
        wider than a cell.
    progress : called with (tiles done, tiles in all); what it raises ends the work.

    Returns
    -------
    labels : int32 (Y, X), 0 is background, 1 to N the cells.
    probability : of foreground, float32 (Y, X).
    """
    labels = np.zeros((height, width), np.int32)
    probability = np.empty((height, width), np.float32)
    number = 0
    for done, (tile, (cells, likely)) in enumerate(zip(parts, found, strict=True), start=1):
        inner = tuple(
            slice(core.start - window.start, core.stop - window.start)
            for core, window in zip(tile.core, tile.window, strict=True)
        )
        probability[tile.core] = likely[inner]
        number += _place(labels[tile.window], cells, inner, number, (height, width), tile)
        if progress:
            progress(done, len(parts))
    return labels, probability


def _spans(length: int, side: int, margin: int) -> Iterator[tuple[slice, slice]]:
    for start in range(0, length, side):
        stop = min(length, start + side)
        yield slice(start, stop), slice(max(0, start - margin), min(length, stop + margin))


def _place(
    target: NDArray[np.int32],
    found: NDArray[np.int32],
    inner: tuple[slice, ...],
    number: int,
    shape: tuple[int, int],
    tile: Tile,
) -> int:
    """Write the cells that belong to a tile into the whole image; returns how many."""
    areas = np.bincount(found.ravel())
    if areas.size < 2:
        return 0
    own = areas > 0
    own[0] = False
    for axis, (core, window) in enumerate(zip(inner, tile.window, strict=True)):
        places = np.arange(found.shape[axis], dtype=np.float64)
        along = np.broadcast_to(places if axis else places[:, np.newaxis], found.shape)
        sums = np.bincount(found.ravel(), along.ravel())
        centre = sums / np.maximum(areas, 1)
        first = core.start - TOLERANCE if window.start + core.start > 0 else -np.inf
        last = core.stop + TOLERANCE if window.start + core.stop < shape[axis] else np.inf
        own &= (centre >= first) & (centre < last)
    taken = np.bincount(found[target > 0], minlength=areas.size)
    own &= 2 * taken <= areas
    numbers = np.where(own, number + np.cumsum(own), 0).astype(np.int32)
    placed = numbers[found]
    np.copyto(target, placed, where=(target == 0) & (placed > 0))
    return int(own.sum())
