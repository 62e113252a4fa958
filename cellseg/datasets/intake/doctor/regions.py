"""What the regions of a mask are like: read as label image and as black and white."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SPECK = 5
"""A part of at most this many pixels, far below the size of the others, is a speck."""

MOST_PIXELS = 2048 * 2048
"""So many pixels of a mask are measured."""

_SQUARE = np.ones((3, 3), bool)
_CROWDED = 0.6  # share of cells, from which on many patches mean that they were parted


@dataclass(frozen=True)
class Regions:
    """What is known of a mask.

    dtype : as stored. height, width : in pixels. highest : the largest value.
    labels : number of values other than 0. parts : connected areas of one value.
    patches : connected areas of whatever is not 0.
    share : of the pixels that are not 0.
    diameters : median and largest diameter of circles of the areas of the parts; 0 without any.
    split : labels in several parts, none of which is a speck. specks : parts that are specks.
    coreless : values that nowhere fill 3 x 3 pixels and lie between their neighbours' values.
    cored : other values than 0 that do fill 3 x 3 pixels.
    merged : patches that look like several cells that touch.
    background : value of the one area that surrounds all others; 0 as it should be, or None.
    """

    dtype: str
    height: int
    width: int
    highest: int
    labels: int
    parts: int
    patches: int
    share: float
    diameters: tuple[float, float]
    split: int
    specks: int
    coreless: int
    cored: int
    merged: int
    background: int | None


def stride(mask: np.ndarray) -> int:
    """How many pixels to go on in a mask, so that at most `MOST_PIXELS` are looked at."""
    return max(1, math.ceil(math.sqrt(mask.size / MOST_PIXELS)))


def measure(mask: np.ndarray) -> Regions:
    """Measure a mask (Y, X) of unsigned integers; see `Regions`.

    Of a mask of more than `MOST_PIXELS` only every second, third ... pixel is looked at.
    """
    height, width = mask.shape
    step = stride(mask)
    mask = mask[::step, ::step]
    drawn = mask != 0
    values = np.unique(mask)
    marks = values[values != 0]
    patches, number_of_patches = ndimage.label(drawn)
    parts, part_values = parts_of(mask)
    areas = np.bincount(parts.ravel(), minlength=len(part_values) + 1)[1:]
    split, specks = _split(part_values, areas)
    coreless, cored = _edges(mask, marks)
    diameters = 2 * step * np.sqrt(areas / np.pi)
    whole = diameters[~_are_specks(areas)]
    return Regions(
        dtype=str(mask.dtype),
        height=height,
        width=width,
        highest=int(values[-1]),
        labels=len(marks),
        parts=len(areas),
        patches=number_of_patches,
        share=float(drawn.mean()),
        diameters=(float(np.median(whole)), float(whole.max())) if len(whole) else (0.0, 0.0),
        split=split,
        specks=specks,
        coreless=coreless,
        cored=cored,
        merged=_merged(drawn, patches, number_of_patches),
        background=_background(mask, marks),
    )


def parts_of(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 4-connected areas of one value other than 0.

    Returns
    -------
    (Y, X) int64 with the numbers of the areas from 1, 0 = background; and the value of each area.
    """
    from skimage.measure import label

    numbered = label(mask.astype(np.int64), background=0, connectivity=1)
    count = int(numbered.max())
    part_values = np.zeros(count + 1, np.int64)
    part_values[numbered.ravel()] = mask.ravel()
    return numbered, part_values[1:]


def _are_specks(areas: np.ndarray) -> np.ndarray:
    """Which areas are specks: tiny, and far below the median of the others."""
    if not len(areas):
        return np.zeros(0, bool)
    tiny = areas <= SPECK
    typical = np.median(areas[~tiny]) if (~tiny).any() else 0.0
    return tiny & (areas * 10 <= typical)


def specks_of(areas: np.ndarray) -> np.ndarray:
    """Which areas, in pixels, are specks; bool."""
    return _are_specks(areas)


def _split(part_values: np.ndarray, areas: np.ndarray) -> tuple[int, int]:
    specks = _are_specks(areas)
    _, counts = np.unique(part_values[~specks], return_counts=True)
    return int(np.count_nonzero(counts > 1)), int(np.count_nonzero(specks))


def _edges(mask: np.ndarray, marks: np.ndarray) -> tuple[int, int]:
    """How many values are only edges between others, and how many fill an area."""
    highest = ndimage.maximum_filter(mask, footprint=_SQUARE, mode="nearest")
    lowest = ndimage.minimum_filter(mask, footprint=_SQUARE, mode="nearest")
    cored = np.unique(mask[(highest == mask) & (lowest == mask)])
    cored = cored[cored != 0]
    between = np.unique(mask[(lowest < mask) & (mask < highest)])
    coreless = np.setdiff1d(between, cored)
    return int(np.count_nonzero(np.isin(coreless, marks))), len(cored)


def _merged(drawn: np.ndarray, patches: np.ndarray, count: int) -> int:
    """The patches in which a smaller, inner form falls apart into several of similar size."""
    if not count:
        return 0
    areas = np.bincount(patches.ravel())[1:]
    if drawn.mean() > _CROWDED and areas.max() < drawn.sum() / 2:
        return 0  # thin lines part the cells already
    merged = 0
    for number, box in enumerate(ndimage.find_objects(patches), 1):
        merged += number_of_cells(patches[box] == number) > 1
    return merged


def number_of_cells(patch: np.ndarray) -> int:
    """How many round cells a connected patch, (y, x) bool, looks like; 1 where in doubt."""
    if min(patch.shape) < 7:
        return 1
    depth = ndimage.distance_transform_edt(np.pad(patch, 1))[1:-1, 1:-1]
    deepest = float(depth.max())
    if deepest < 3:
        return 1
    cores, count = ndimage.label(depth > 0.75 * deepest, _SQUARE)
    if count < 2:
        return 1
    depths = ndimage.maximum(depth, cores, range(1, count + 1))
    round_area = np.pi * float((np.asarray(depths) ** 2).sum())
    return int(count) if round_area >= 0.5 * patch.sum() else 1  # else one cell of odd form


def _background(mask: np.ndarray, marks: np.ndarray) -> int | None:
    """The value of the one area along the whole border that surrounds compact others."""
    edge = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    values, counts = np.unique(edge, return_counts=True)
    value = values[counts.argmax()]
    if value == 0 or counts.max() < 0.8 * len(edge):
        return 0
    area = mask == value
    numbered, _ = ndimage.label(area)
    sizes = np.bincount(numbered.ravel())[1:]
    if area.mean() < 0.4 or sizes.max() < 0.95 * area.sum():
        return 0
    others, count = ndimage.label(~area)
    if not count:
        return None  # everything is one value
    boxes = ndimage.find_objects(others)
    filled = [(others[box] == number).mean() for number, box in enumerate(boxes, 1)]
    weights = np.bincount(others.ravel())[1:]
    if np.average(filled, weights=weights) < 0.55:
        return 0  # gaps between crowded cells are not compact
    return int(value)
