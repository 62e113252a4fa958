"""Outlines of all cells along the edges of their pixels; filling them restores every pixel."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected_parts

from cellseg.analysis.label_runs import Ints, Labels, checked_labels

Ring = NDArray[np.int32]
Polygon = list[Ring]
"""The outer ring of one part of a cell, and a ring around each of its holes."""


@dataclass(frozen=True, eq=False)
class Outlines:
    """Closed rings around the 4-connected parts of all cells and around their holes.

    Rings are sorted by cell, then by part, with the outer ring of a part before its holes. No ring
    visits a point twice, so the polygons are valid for geometry libraries. With y up, outer rings
    are counter-clockwise and holes clockwise.

    points : int32 (P, 2), x and y of pixel corners; pixel (0, 0) extends from 0 to 1. The first
        point of a ring is not repeated.
    begins : int64 (R,), index into `points` of the first point of each ring.
    label : int64 (R,), cell of each ring.
    outer : bool (R,), whether a ring surrounds a part, not a hole.
    """

    points: NDArray[np.int32]
    begins: Ints
    label: Ints
    outer: NDArray[np.bool_]

    def cells(self) -> Iterator[tuple[int, list[Polygon]]]:
        """Each cell in ascending order of labels, with a polygon for each of its parts."""
        rings = np.split(self.points, self.begins[1:]) if self.begins.size else []
        firsts = np.flatnonzero(np.diff(self.label, prepend=-1))
        lasts = np.append(firsts, self.label.size)[1:]
        outer = self.outer.tolist()
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
            polygons: list[Polygon] = []
            for ring in range(first, last):
                if outer[ring]:
                    polygons.append([])
                polygons[-1].append(rings[ring])
            yield int(self.label[first]), polygons


def outlines(labels: NDArray) -> Outlines:
    """Outlines of all cells of a label image (Y, X); 0 = background."""
    labels = checked_labels(labels)
    parts = np.pad(connected_parts(labels, background=0, connectivity=1).astype(np.int32), 1)
    corner, pixel, following = _sides(parts)
    order, begins = _cycles(following)
    y, x = np.divmod(corner[order], parts.shape[1])
    outer = _signed_areas(x, y, begins) > 0
    pixel = pixel[order[begins]]
    row, column = np.divmod(pixel, parts.shape[1])
    label = labels[row - 1, column - 1].astype(np.int64)
    sorting = np.lexsort((~outer, parts.reshape(-1)[pixel], label))
    lengths = np.diff(np.append(begins, order.size))[sorting]
    new_begins = np.cumsum(lengths) - lengths
    source = np.arange(order.size) + np.repeat(begins[sorting] - new_begins, lengths)
    points = np.stack([x - 1, y - 1], axis=1).astype(np.int32)[source]
    return Outlines(points, new_begins, label[sorting], outer[sorting])


def _sides(parts: Labels) -> tuple[Ints, Ints, Ints]:
    """The straight sides of all outlines, each part on the right of its sides.

    Parameters
    ----------
    parts : (Y, X), 0 for background and on the edge of the image.

    Returns
    -------
    corner : where each side begins, flat position of the pixel to its lower right.
    pixel : flat position of a pixel of the part at each side.
    following : which side comes after each. Where two pixels of one part touch by a corner alone
        the outline turns left there, around the background, so that it visits no corner twice.
    """
    width = parts.shape[1]
    flat = parts.reshape(-1)
    steps = (1, width, -1, -width)  # right, down, left, up
    corners = (0, 1, width + 1, width)  # of a pixel, where its side of that direction begins
    begins, ends, pixels = [], [], []
    for direction, ahead in enumerate(steps):
        left = steps[direction - 1]
        inner = flat[width:-width]
        border = (inner != flat[width + left : flat.size - width + left]) & (inner > 0)
        at = np.flatnonzero(border) + width
        part = flat[at]
        turn = np.where(flat[at + ahead] == part, 0, 1)
        turn[flat[at + ahead + left] == part] = -1
        continues = (flat[at - ahead] == part) & (flat[at - ahead + left] != part)
        first, last = np.flatnonzero(~continues), np.flatnonzero(turn)
        if abs(ahead) == width:  # the pixels of a side follow each other down the columns
            first = first[np.argsort(at[first] % width, kind="stable")]
            last = last[np.argsort(at[last] % width, kind="stable")]
        end = at[last] + corners[(direction + 1) % 4]
        begins.append(4 * (at[first] + corners[direction]) + direction)
        ends.append(4 * end + (direction + turn[last]) % 4)
        pixels.append(at[first])
    begin = np.concatenate(begins)
    order = np.argsort(begin)
    following = order[np.searchsorted(begin, np.concatenate(ends), sorter=order)]
    return begin // 4, np.concatenate(pixels), following


def _cycles(following: Ints) -> tuple[Ints, Ints]:
    """The sides in the order in which they follow each other, and where each cycle begins."""
    after = following.tolist()
    order: list[int] = []
    begins: list[int] = []
    for first in range(len(after)):
        if after[first] < 0:
            continue
        begins.append(len(order))
        side = first
        while after[side] >= 0:
            order.append(side)
            after[side], side = -1, after[side]
    return np.array(order, np.int64), np.array(begins, np.int64)


def _signed_areas(x: Ints, y: Ints, begins: Ints) -> Ints:
    """Twice the area of each ring; above 0 where it turns from x to y (Gauss's formula)."""
    if not begins.size:
        return begins
    after = np.arange(1, x.size + 1)
    after[np.append(begins, x.size)[1:] - 1] = begins
    return np.add.reduceat(x * y[after] - x[after] * y, begins)
