"""Repairs of an image and its mask: pure functions, the originals are never changed."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from cellseg.datasets.intake.doctor.regions import (
    measure,
    number_of_cells,
    parts_of,
    specks_of,
)
from cellseg.datasets.intake.doctor.unlabelled import cells_elsewhere
from cellseg.images.image import Image
from cellseg.images.scaling import nearest, to_rgb8

MOST_COLOURS = 4096
"""A mask of more colours is no mask."""

MARGIN = 4
"""Pixels that a crop leaves around what is labelled."""

_SQUARE = np.ones((3, 3), bool)


def turn_mask(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Turn or mirror a mask of (X, Y) so that its edges lie on those of the image (Y, X)."""
    grey = to_rgb8(image).mean(axis=2)
    slope = np.hypot(ndimage.sobel(grey, 0), ndimage.sobel(grey, 1))
    turned = [np.swapaxes(mask, 0, 1), np.rot90(mask), np.rot90(mask, 3)]
    return image, max(turned, key=lambda each: float(slope[_edges(each)].mean()))


def resize_mask(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Bring a mask to the size of its image, each pixel the value of the nearest one."""
    return image, nearest(mask, image.height, image.width)


def swap(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Take the mask as image and the image as mask."""
    drawn = image.pixels
    if drawn.ndim == 3 and not (drawn != drawn[..., :1]).any():
        drawn = drawn[..., 0]
    if drawn.dtype.kind == "f":
        drawn = np.round(drawn).astype(np.uint32)
    taken = mask if mask.dtype.itemsize <= 2 else mask.astype(np.float32)
    return Image(np.ascontiguousarray(taken), "YX" if mask.ndim == 2 else "YXC"), drawn


def colours_of(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct colours of a mask (Y, X, 3), (N, 3), and how many pixels have each."""
    return np.unique(mask.reshape(-1, mask.shape[2]), axis=0, return_counts=True)


def colours_to_numbers(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Number the colours of a mask (Y, X, 3) from 1; black, else the commonest, becomes 0."""
    colours, where, counts = np.unique(
        mask.reshape(-1, mask.shape[2]), axis=0, return_inverse=True, return_counts=True
    )
    black = np.flatnonzero(~colours.any(axis=1))
    background = int(black[0]) if len(black) else int(counts.argmax())
    numbers = np.arange(1, len(colours) + 1)
    numbers[background:] -= 1
    numbers[background] = 0
    kind = np.uint8 if len(colours) <= 256 else np.uint16
    return image, numbers[where].reshape(mask.shape[:2]).astype(kind)


def connected_components(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Give each connected patch of a black and white mask a number."""
    return image, _narrow(ndimage.label(mask)[0])


def split_touching(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Give each patch a number, and cut patches that look like several round cells at necks."""
    from skimage.segmentation import watershed

    patches, count = ndimage.label(mask)
    labels = patches.astype(np.int64)
    following = count + 1
    for number, box in enumerate(ndimage.find_objects(patches), 1):
        patch = patches[box] == number
        if number_of_cells(patch) < 2:
            continue
        depth = ndimage.distance_transform_edt(np.pad(patch, 1))[1:-1, 1:-1]
        markers, parts = ndimage.label(depth > 0.75 * depth.max(), _SQUARE)
        cells = watershed(-depth, markers, mask=patch)
        for part in range(2, parts + 1):
            labels[box][cells == part] = following
            following += 1
    return image, _narrow(labels)


def threshold(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Make a mask black and white again: above half of its highest value is white."""
    return image, np.where(mask > int(mask.max()) / 2, np.uint8(255), np.uint8(0))


def snap_to_labels(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Give each grey pixel at an edge the number of the nearest cell or background inside."""
    highest = ndimage.maximum_filter(mask, footprint=_SQUARE, mode="nearest")
    lowest = ndimage.minimum_filter(mask, footprint=_SQUARE, mode="nearest")
    inner = (highest == mask) & (lowest == mask)
    known = np.isin(mask, np.unique(mask[inner])) & ~((lowest < mask) & (mask < highest))
    if not known.any():
        return image, mask
    places = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return image, mask[tuple(places)]


def number_parts(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Give each connected part a number of its own."""
    return image, _narrow(parts_of(mask)[0])


def tidy_parts(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Delete specks; of a label in several parts, the smaller ones become cells of their own."""
    parts, values = parts_of(mask)
    areas = np.bincount(parts.ravel(), minlength=len(values) + 1)[1:]
    specks = specks_of(areas)
    new = values.copy()
    new[specks] = 0
    following = int(values.max(initial=0)) + 1
    binary = len(np.unique(values)) == 1
    for value in [] if binary else np.unique(values[~specks]):
        own = np.flatnonzero((values == value) & ~specks)
        for part in own[np.argsort(-areas[own])][1:]:
            new[part] = following
            following += 1
    numbers = np.concatenate([[0], new])[parts]
    return image, numbers.astype(np.promote_types(mask.dtype, np.min_scalar_type(numbers.max())))


def background_to_zero(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Make the area that surrounds all others background; of two values the other one is cell."""
    value = measure(mask).background
    if not value:
        return image, mask
    if len(np.unique(mask)) == 2:
        return image, np.where(mask == value, np.uint8(0), np.uint8(255))
    return image, np.where(mask == value, np.zeros((), mask.dtype), mask)


def crop_to_labelled(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Keep only the region that is labelled, with a small margin."""
    box = cells_elsewhere(image, mask)
    if box is None:
        return image, mask
    top, left = (max(0, side - MARGIN) for side in box[:2])
    part = np.s_[top : box[2] + MARGIN, left : box[3] + MARGIN]
    cut = replace(image, pixels=np.ascontiguousarray(image.pixels[part]))
    return cut, np.ascontiguousarray(mask[part])


def every_value(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Every value but 0 is cell; where there is no 0, every value but the smallest."""
    lowest = 0 if (mask == 0).any() else int(mask.min())
    return image, np.where(mask > lowest, np.uint8(255), np.uint8(0))


def brightest_value(
    image: Image, mask: np.ndarray, highest: int | None = None
) -> tuple[Image, np.ndarray]:
    """Only the highest value is cell: that of this mask, or of all masks of the dataset."""
    wanted = int(mask.max()) if highest is None else highest
    return image, np.where(mask == wanted, np.uint8(255), np.uint8(0))


def _edges(mask: np.ndarray) -> np.ndarray:
    """Where a mask (Y, X) or (Y, X, 3) changes from a pixel to the next; everything if nowhere."""
    flat = mask if mask.ndim == 2 else mask.astype(np.int64).sum(axis=2)
    highest = ndimage.maximum_filter(flat, footprint=_SQUARE, mode="nearest")
    edges = np.asarray(highest != flat)
    return edges if edges.any() else np.ones(flat.shape, bool)


def _narrow(labels: np.ndarray) -> np.ndarray:
    """A label image in the smallest of uint8, uint16 and uint32."""
    return labels.astype(np.min_scalar_type(int(labels.max())))
