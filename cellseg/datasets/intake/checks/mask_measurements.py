"""Measurements of a mask: labels, parts, connected components, values at edges."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

FRAGMENT_PIXELS = 5
"""Largest number of pixels of a small fragment."""

SAMPLE_PIXELS = 2048 * 2048
"""Largest number of pixels of a mask that are measured."""

_SQUARE = np.ones((3, 3), bool)
_CROWDED = 0.6  # share of cell pixels beyond which many components mean separated cells


@dataclass(frozen=True)
class MaskMeasurements:
    """What the checks need to know about a mask.

    dtype, height, width : as stored.
    labels : number of values other than 0.
    parts : number of 4-connected areas of one value other than 0.
    components : number of 4-connected areas of any values other than 0.
    share : of the pixels that are not 0.
    diameters : median and maximum diameter of circles of equal area, of all parts that are no
        small fragments, in pixels; 0 without parts.
    split_labels : number of labels in several parts, small fragments not counted.
    fragments : number of small fragments.
    edge_values : number of values that occur only at edges, between the values of neighbours.
    area_values : number of values other than 0 that fill at least 3 x 3 pixels.
    merged : number of components that look like several touching cells.
    background : value of the area that surrounds all other areas, usually 0; None where all
        pixels have one value other than 0.
    """

    dtype: str
    height: int
    width: int
    labels: int
    parts: int
    components: int
    share: float
    diameters: tuple[float, float]
    split_labels: int
    fragments: int
    edge_values: int
    area_values: int
    merged: int
    background: int | None


def sampling_step(mask: np.ndarray) -> int:
    """Distance between the rows, and between the columns, of the pixels that are measured."""
    return max(1, math.ceil(math.sqrt(mask.size / SAMPLE_PIXELS)))


def measure_mask(mask: np.ndarray) -> MaskMeasurements:
    """Measure a mask (Y, X) of unsigned integers.

    A mask of more than `SAMPLE_PIXELS` is sampled with `sampling_step`.
    """
    height, width = mask.shape
    step = sampling_step(mask)
    mask = mask[::step, ::step]
    drawn = mask != 0
    values = np.unique(mask)
    components, number_of_components = ndimage.label(drawn)
    parts, part_values = connected_parts(mask)
    areas = np.bincount(parts.ravel(), minlength=len(part_values) + 1)[1:]
    split_labels, fragments = _count_split_and_fragments(part_values, areas)
    edge_values, area_values = _count_edge_and_area_values(mask)
    diameters = 2 * step * np.sqrt(areas / np.pi)
    diameters = diameters[~small_fragments(areas)]
    return MaskMeasurements(
        dtype=str(mask.dtype),
        height=height,
        width=width,
        labels=int(np.count_nonzero(values)),
        parts=len(areas),
        components=number_of_components,
        share=float(drawn.mean()),
        diameters=_median_and_maximum(diameters),
        split_labels=split_labels,
        fragments=fragments,
        edge_values=edge_values,
        area_values=area_values,
        merged=_count_merged(drawn, components, number_of_components),
        background=_background_value(mask),
    )


def connected_parts(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the 4-connected areas of one value other than 0.

    Returns
    -------
    parts : int64 (Y, X), areas numbered from 1, 0 = background.
    values : int64 (N,), mask value of each area.
    """
    from skimage.measure import label

    parts = label(mask.astype(np.int64), background=0, connectivity=1)
    values = np.zeros(int(parts.max()) + 1, np.int64)
    values[parts.ravel()] = mask.ravel()
    return parts, values[1:]


def small_fragments(areas: np.ndarray) -> np.ndarray:
    """Which parts are small fragments; bool (N,).

    Parameters
    ----------
    areas : of the parts, in pixels. A fragment has at most `FRAGMENT_PIXELS` pixels and a tenth
        of the median area of the larger parts.
    """
    if not len(areas):
        return np.zeros(0, bool)
    tiny = areas <= FRAGMENT_PIXELS
    median = np.median(areas[~tiny]) if (~tiny).any() else 0.0
    return tiny & (areas * 10 <= median)


def count_touching_cells(component: np.ndarray) -> int:
    """Number of round cells that a connected component consists of; 1 where in doubt.

    Peaks of the distance transform are candidates; circles with their depths as radii must cover
    half of the component.

    Parameters
    ----------
    component : (Y, X), bool.
    """
    if min(component.shape) < 7:
        return 1
    depth = ndimage.distance_transform_edt(np.pad(component, 1))[1:-1, 1:-1]
    deepest = float(depth.max())
    if deepest < 3:
        return 1
    cores, count = ndimage.label(depth > 0.75 * deepest, _SQUARE)
    if count < 2:
        return 1
    radii = np.asarray(ndimage.maximum(depth, cores, range(1, count + 1)))
    round_area = np.pi * float((radii**2).sum())
    return int(count) if round_area >= 0.5 * component.sum() else 1


def _median_and_maximum(diameters: np.ndarray) -> tuple[float, float]:
    return (float(np.median(diameters)), float(diameters.max())) if len(diameters) else (0.0, 0.0)


def _count_split_and_fragments(values: np.ndarray, areas: np.ndarray) -> tuple[int, int]:
    """Number of labels in several parts, and of small fragments."""
    fragments = small_fragments(areas)
    _, counts = np.unique(values[~fragments], return_counts=True)
    return int(np.count_nonzero(counts > 1)), int(np.count_nonzero(fragments))


def _count_edge_and_area_values(mask: np.ndarray) -> tuple[int, int]:
    """Number of values that occur only between others, and of values that fill an area."""
    highest = ndimage.maximum_filter(mask, footprint=_SQUARE, mode="nearest")
    lowest = ndimage.minimum_filter(mask, footprint=_SQUARE, mode="nearest")
    area_values = np.unique(mask[(highest == mask) & (lowest == mask)])
    area_values = area_values[area_values != 0]
    between = np.unique(mask[(lowest < mask) & (mask < highest)])
    return len(np.setdiff1d(between, area_values)), len(area_values)


def _count_merged(drawn: np.ndarray, components: np.ndarray, count: int) -> int:
    """Number of components that look like several touching cells."""
    if not count:
        return 0
    areas = np.bincount(components.ravel())[1:]
    if drawn.mean() > _CROWDED and areas.max() < drawn.sum() / 2:
        return 0  # thin lines separate the cells already
    merged = 0
    for number, box in enumerate(ndimage.find_objects(components), 1):
        merged += count_touching_cells(components[box] == number) > 1
    return merged


def _background_value(mask: np.ndarray) -> int | None:
    """The value of the area along the image border that surrounds compact other areas."""
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    values, counts = np.unique(border, return_counts=True)
    value = values[counts.argmax()]
    if value == 0 or counts.max() < 0.8 * len(border):
        return 0
    area = mask == value
    numbered, _ = ndimage.label(area)
    sizes = np.bincount(numbered.ravel())[1:]
    if area.mean() < 0.4 or sizes.max() < 0.95 * area.sum():
        return 0
    others, count = ndimage.label(~area)
    if not count:
        return None  # all pixels have one value
    boxes = ndimage.find_objects(others)
    filled = [(others[box] == number).mean() for number, box in enumerate(boxes, 1)]
    weights = np.bincount(others.ravel())[1:]
    if np.average(filled, weights=weights) < 0.55:
        return 0  # gaps between crowded cells are not compact
    return int(value)
