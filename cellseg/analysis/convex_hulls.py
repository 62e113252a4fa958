"""Convex hulls of all cells of an image at once: convex area and largest Feret diameter.

A pixel stands for the four midpoints of its edges, as in `skimage.morphology.convex_hull_image`.
Coordinates are doubled, so that pixel centres are even, edges odd, and all arithmetic exact.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
PAIRS_AT_ONCE = 1 << 20
"""Number of pairs of hull corners that are compared at a time."""


@dataclass(frozen=True, eq=False)
class RowSpans:
    """First and last pixel of each row of each cell, by cell, then by row.

    cell : 0 to N - 1.
    row : y.
    first, last : x of the first and last pixel.
    """

    cell: Ints
    row: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True, eq=False)
class _Chain:
    """Points of all cells, by cell, then by y; coordinates doubled."""

    cell: Ints
    y: Ints
    x: Ints

    def __getitem__(self, chosen: NDArray) -> "_Chain":
        return _Chain(self.cell[chosen], self.y[chosen], self.x[chosen])


def convex_measures(spans: RowSpans, cells: int) -> tuple[Ints, NDArray[np.float64]]:
    """Convex area and largest Feret diameter of each cell.

    Returns
    -------
    area : int64 (N,), number of pixels with centres inside or on the hull, `area_convex` of
        scikit-image.
    feret : float64 (N,), largest distance between two edge midpoints on the outline of these
        pixels, in pixels, `feret_diameter_max` of scikit-image.
    """
    left, right = _hull(spans)
    filled = _filled(left, right, spans)
    area = np.bincount(filled.cell, filled.last - filled.first + 1, cells).astype(np.int64)
    return area, np.sqrt(_largest_squared_distance(*_hull(filled), cells)) / 2.0


def _hull(spans: RowSpans) -> tuple[_Chain, _Chain]:
    """Corners of the left and right side of each hull; x of the left side is negated."""
    return _convex(_side(spans, -spans.first)), _convex(_side(spans, spans.last))


def _side(spans: RowSpans, outermost: Ints) -> _Chain:
    """Edge midpoints on one side: the outermost x at the middle of each row and between rows."""
    y, x = 2 * spans.row, 2 * outermost
    chain = _Chain(
        np.repeat(spans.cell, 3),
        np.stack([y - 1, y, y + 1], axis=1).reshape(-1),
        np.stack([x, x + 1, x], axis=1).reshape(-1),
    )
    shared = np.zeros(chain.y.size, bool)  # the point below a row and that above the next
    shared[3::3] = (chain.cell[3::3] == chain.cell[2:-1:3]) & (chain.y[3::3] == chain.y[2:-1:3])
    second = np.flatnonzero(shared)
    chain.x[second - 1] = np.maximum(chain.x[second - 1], chain.x[second])
    return chain[~shared]


def _convex(chain: _Chain) -> _Chain:
    """Remove points inside or on the line between their neighbours until none is left.

    Corners of the hull are never such points, so all can be removed at once.
    """
    finished = []
    while chain.y.size:
        dy, dx = np.diff(chain.y), np.diff(chain.x)
        inside = np.zeros(chain.y.size, bool)
        inside[1:-1] = (chain.cell[2:] == chain.cell[:-2]) & (dy[:-1] * dx[1:] >= dx[:-1] * dy[1:])
        busy = (np.bincount(chain.cell, inside) > 0)[chain.cell]
        finished.append(chain[~busy])
        chain = chain[busy & ~inside]
    finished.append(chain)
    cell, y, x = (
        np.concatenate([getattr(part, name) for part in finished]) for name in ("cell", "y", "x")
    )
    return _Chain(cell, y, x)[np.argsort(cell, kind="stable")]


def _filled(left: _Chain, right: _Chain, spans: RowSpans) -> RowSpans:
    """Pixels of the hulls: in each row those with centres inside or on the edge."""
    begins = np.flatnonzero(np.diff(spans.cell, prepend=-1))
    cell, top = spans.cell[begins], spans.row[begins]
    ends = np.append(begins, spans.cell.size)[1:]
    heights = spans.row[ends - 1] - top + 1
    row = np.arange(heights.sum()) - np.repeat(np.cumsum(heights) - heights - top, heights)
    cells = np.repeat(cell, heights)
    first, last = -_last_inside(left, cells, row), _last_inside(right, cells, row)
    some = first <= last
    return RowSpans(cells[some], row[some], first[some], last[some])


def _last_inside(chain: _Chain, cell: Ints, row: Ints) -> Ints:
    """The last integer x of each row on or inside one side of the hull."""
    span = int(chain.y.max(initial=0)) + 2
    after = np.searchsorted(chain.cell * span + chain.y, cell * span + 2 * row)
    before = after - 1
    dy, dx = chain.y[after] - chain.y[before], chain.x[after] - chain.x[before]
    return (chain.x[before] * dy + (2 * row - chain.y[before]) * dx) // (2 * dy)


def _largest_squared_distance(left: _Chain, right: _Chain, cells: int) -> Ints:
    """Largest squared distance of two hull corners of each cell, in doubled coordinates."""
    owner = np.concatenate([left.cell, right.cell])
    order = np.argsort(owner, kind="stable")
    y = np.concatenate([left.y, right.y])[order]
    x = np.concatenate([-left.x, right.x])[order]
    counts = np.bincount(owner, minlength=cells)
    ends = np.cumsum(counts)
    partners = np.repeat(ends, counts) - np.arange(y.size)  # each with itself and all after it
    largest = np.zeros(cells, np.int64)
    done = np.cumsum(partners)
    start = 0
    while start < y.size:
        base = done[start] - partners[start]
        stop = max(start + 1, int(np.searchsorted(done, base + PAIRS_AT_ONCE, side="right")))
        chunk = partners[start:stop]
        one = np.repeat(np.arange(start, stop), chunk)
        other = one + np.arange(chunk.sum()) - np.repeat(np.cumsum(chunk) - chunk, chunk)
        squared = (y[one] - y[other]) ** 2 + (x[one] - x[other]) ** 2
        best = np.maximum.reduceat(squared, np.cumsum(chunk) - chunk)
        np.maximum.at(largest, owner[order[start:stop]], best)
        start = stop
    return largest
