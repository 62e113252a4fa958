"""Tiling: an image is segmented window by window, and the label images are stitched together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

GRID_STEP = 32
"""Windows start at multiples of this many pixels, so that the grid of the network is the same."""

CENTRE_TOLERANCE = 2.0
"""Distance by which the centre of a cell can be outside the core of its tile, pixels."""

PartsCallback = Callable[[int, int], None]
"""Called with (parts done, parts in all); an exception that it raises ends the work."""

WindowResult = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Label image and foreground probability of a window, both (Y, X)."""


@dataclass(frozen=True)
class Tile:
    """A part of an image: its core, and the window around it that is segmented.

    The cores cover the image without overlap. A window is a core with a margin on each side, as far
    as the image extends.

    core, window : rows and columns of the image.
    """

    core: tuple[slice, slice]
    window: tuple[slice, slice]

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width of the window, pixels."""
        return tuple(span.stop - span.start for span in self.window)


def split_into_tiles(
    height: int, width: int, side: int, margin: int, step: int = GRID_STEP
) -> list[Tile]:
    """Split an image into tiles, row by row.

    Parameters
    ----------
    height, width : of the image, pixels.
    side, margin : of the cores, pixels; rounded up to multiples of `step`.
    """
    side, margin = (-(-length // step) * step for length in (side, margin))
    rows, columns = (list(_spans(length, side, margin)) for length in (height, width))
    return [
        Tile((core_rows, core_columns), (window_rows, window_columns))
        for core_rows, window_rows in rows
        for core_columns, window_columns in columns
    ]


def tile_batches(tiles: Sequence[Tile], size: int) -> Iterator[list[Tile]]:
    """Group consecutive tiles whose windows have the same shape, at most `size` in a batch."""
    for _, group in groupby(tiles, lambda tile: tile.shape):
        same_shape = list(group)
        for start in range(0, len(same_shape), size):
            yield same_shape[start : start + size]


def stitch(
    height: int,
    width: int,
    tiles: Sequence[Tile],
    segmented: Iterable[WindowResult],
    progress: PartsCallback | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Stitch the segmented windows of tiles; no cell is cut, and none appears twice.

    A cell belongs to the tile whose core contains its centre, and is taken from that tile as a
    whole, also beyond the core. A cell of which more than half is covered by cells that were placed
    before is a duplicate and is left out.

    Parameters
    ----------
    height, width : of the image, pixels.
    segmented : the window of each tile, in the order of `tiles`, consumed one by one. The margin of
        the tiles must be wider than a cell.
    progress : called with (tiles done, tiles in all).

    Returns
    -------
    labels : int32 (Y, X); 0 is background, 1 to N the cells.
    probability : of foreground, float32 (Y, X).
    """
    labels = np.zeros((height, width), np.int32)
    probability = np.empty((height, width), np.float32)
    count = 0
    for done, (tile, (cells, foreground)) in enumerate(zip(tiles, segmented, strict=True), start=1):
        core_in_window = tuple(
            slice(core.start - window.start, core.stop - window.start)
            for core, window in zip(tile.core, tile.window, strict=True)
        )
        probability[tile.core] = foreground[core_in_window]
        count += _place_cells(
            labels[tile.window], cells, core_in_window, count, (height, width), tile
        )
        if progress:
            progress(done, len(tiles))
    return labels, probability


def _spans(length: int, side: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Core and window of each tile along an axis."""
    for start in range(0, length, side):
        stop = min(length, start + side)
        yield slice(start, stop), slice(max(0, start - margin), min(length, stop + margin))


def _place_cells(
    target: NDArray[np.int32],
    cells: NDArray[np.int32],
    core: tuple[slice, ...],
    count: int,
    shape: tuple[int, int],
    tile: Tile,
) -> int:
    """Write the cells that belong to a tile into the label image; returns their number.

    Parameters
    ----------
    target : the window of the label image, changed in place.
    cells : label image of the window.
    core : of the tile, in coordinates of the window.
    count : number of cells placed before.
    shape : of the image.
    """
    areas = np.bincount(cells.ravel())
    if areas.size < 2:
        return 0
    own = areas > 0
    own[0] = False
    for axis, (span, window) in enumerate(zip(core, tile.window, strict=True)):
        positions = np.arange(cells.shape[axis], dtype=np.float64)
        grid = np.broadcast_to(positions if axis else positions[:, np.newaxis], cells.shape)
        sums = np.bincount(cells.ravel(), grid.ravel())
        centre = sums / np.maximum(areas, 1)
        at_start = window.start + span.start == 0
        at_end = window.start + span.stop == shape[axis]
        first = -np.inf if at_start else span.start - CENTRE_TOLERANCE
        last = np.inf if at_end else span.stop + CENTRE_TOLERANCE
        own &= (centre >= first) & (centre < last)
    covered = np.bincount(cells[target > 0], minlength=areas.size)
    own &= 2 * covered <= areas
    numbers = np.where(own, count + np.cumsum(own), 0).astype(np.int32)
    placed = numbers[cells]
    np.copyto(target, placed, where=(target == 0) & (placed > 0))
    return int(own.sum())
