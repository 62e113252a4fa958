"""Repairs of an image and its mask: each function returns new arrays for both."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from cellseg.datasets.intake.checks.mask_measurements import (
    connected_parts,
    count_touching_cells,
    measure_mask,
    small_fragments,
)
from cellseg.datasets.intake.checks.unlabelled_cells import partly_labelled_region
from cellseg.images.image import Image
from cellseg.images.scaling import nearest, to_rgb8

MAX_COLOURS = 4096
"""Most colours of a picture that can be a mask."""

CROP_MARGIN = 4
"""Pixels that a crop leaves around the labelled region."""

_SQUARE = np.ones((3, 3), bool)


def rotate_mask(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Transpose or rotate a mask of shape (X, Y) so that its edges match those of the image."""
    grey = to_rgb8(image).mean(axis=2)
    gradient = np.hypot(ndimage.sobel(grey, 0), ndimage.sobel(grey, 1))
    candidates = [np.swapaxes(mask, 0, 1), np.rot90(mask), np.rot90(mask, 3)]
    return image, max(candidates, key=lambda each: float(gradient[_edge_pixels(each)].mean()))


def resize_mask(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Resize a mask to the size of its image with nearest-neighbour interpolation."""
    return image, nearest(mask, image.height, image.width)


def swap_image_and_mask(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Take the mask as image and the image as mask."""
    new_mask = image.pixels
    if new_mask.ndim == 3 and not (new_mask != new_mask[..., :1]).any():
        new_mask = new_mask[..., 0]
    if new_mask.dtype.kind == "f":
        new_mask = np.round(new_mask).astype(np.uint32)
    pixels = mask if mask.dtype.itemsize <= 2 else mask.astype(np.float32)
    return Image(np.ascontiguousarray(pixels), "YX" if mask.ndim == 2 else "YXC"), new_mask


def count_colours(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct colours of a mask (Y, X, 3), shape (N, 3), and the pixels of each, (N,)."""
    return np.unique(mask.reshape(-1, mask.shape[2]), axis=0, return_counts=True)


def colours_to_labels(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Give each colour of a mask (Y, X, 3) a label; black, else the most frequent, becomes 0."""
    colours, where, counts = np.unique(
        mask.reshape(-1, mask.shape[2]), axis=0, return_inverse=True, return_counts=True
    )
    black = np.flatnonzero(~colours.any(axis=1))
    background = int(black[0]) if len(black) else int(counts.argmax())
    labels = np.arange(1, len(colours) + 1)
    labels[background:] -= 1
    labels[background] = 0
    dtype = np.uint8 if len(colours) <= 256 else np.uint16
    return image, labels[where].reshape(mask.shape[:2]).astype(dtype)


def label_components(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Label the 4-connected components of a binary mask."""
    return image, _smallest_dtype(ndimage.label(mask)[0])


def split_touching_cells(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Label the components, and split those of several round cells by a distance watershed."""
    from skimage.segmentation import watershed

    components, count = ndimage.label(mask)
    labels = components.astype(np.int64)
    next_label = count + 1
    for number, box in enumerate(ndimage.find_objects(components), 1):
        component = components[box] == number
        if count_touching_cells(component) < 2:
            continue
        depth = ndimage.distance_transform_edt(np.pad(component, 1))[1:-1, 1:-1]
        markers, parts = ndimage.label(depth > 0.75 * depth.max(), _SQUARE)
        cells = watershed(-depth, markers, mask=component)
        for part in range(2, parts + 1):
            labels[box][cells == part] = next_label
            next_label += 1
    return image, _smallest_dtype(labels)


def threshold(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Make a mask binary: values above half of the maximum become 255, others 0."""
    return image, np.where(mask > int(mask.max()) / 2, np.uint8(255), np.uint8(0))


def assign_nearest_label(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Give each pixel with an intermediate value the nearest label or background."""
    highest = ndimage.maximum_filter(mask, footprint=_SQUARE, mode="nearest")
    lowest = ndimage.minimum_filter(mask, footprint=_SQUARE, mode="nearest")
    inner = (highest == mask) & (lowest == mask)
    certain = np.isin(mask, np.unique(mask[inner])) & ~((lowest < mask) & (mask < highest))
    if not certain.any():
        return image, mask
    indices = ndimage.distance_transform_edt(~certain, return_distances=False, return_indices=True)
    return image, mask[tuple(indices)]


def label_parts(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Give each 4-connected part of one value its own label."""
    return image, _smallest_dtype(connected_parts(mask)[0])


def clean_up_parts(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Delete small fragments, and give detached parts of a label their own labels.

    The largest part of each label keeps the label.
    """
    parts, values = connected_parts(mask)
    areas = np.bincount(parts.ravel(), minlength=len(values) + 1)[1:]
    fragments = small_fragments(areas)
    new_values = values.copy()
    new_values[fragments] = 0
    next_label = int(values.max(initial=0)) + 1
    binary = len(np.unique(values)) == 1
    for value in [] if binary else np.unique(values[~fragments]):
        own = np.flatnonzero((values == value) & ~fragments)
        for part in own[np.argsort(-areas[own])][1:]:
            new_values[part] = next_label
            next_label += 1
    labels = np.concatenate([[0], new_values])[parts]
    return image, labels.astype(np.promote_types(mask.dtype, np.min_scalar_type(labels.max())))


def background_to_zero(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Set the area that surrounds all others to 0; of two values the other one becomes 255."""
    value = measure_mask(mask).background
    if not value:
        return image, mask
    if len(np.unique(mask)) == 2:
        return image, np.where(mask == value, np.uint8(0), np.uint8(255))
    return image, np.where(mask == value, np.zeros((), mask.dtype), mask)


def crop_to_labelled_region(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Crop image and mask to the labelled region and a margin of `CROP_MARGIN` pixels."""
    box = partly_labelled_region(image, mask)
    if box is None:
        return image, mask
    top, left = (max(0, first - CROP_MARGIN) for first in box[:2])
    window = np.s_[top : box[2] + CROP_MARGIN, left : box[3] + CROP_MARGIN]
    cropped = replace(image, pixels=np.ascontiguousarray(image.pixels[window]))
    return cropped, np.ascontiguousarray(mask[window])


def all_values_to_cells(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    """Set all values but 0 to 255; in a mask without 0, all values but the smallest."""
    lowest = 0 if (mask == 0).any() else int(mask.min())
    return image, np.where(mask > lowest, np.uint8(255), np.uint8(0))


def highest_value_to_cells(
    image: Image, mask: np.ndarray, highest: int | None = None
) -> tuple[Image, np.ndarray]:
    """Set one value to 255 and all others to 0.

    Parameters
    ----------
    highest : the value of cells; None means the highest value of this mask.
    """
    value = int(mask.max()) if highest is None else highest
    return image, np.where(mask == value, np.uint8(255), np.uint8(0))


def _edge_pixels(mask: np.ndarray) -> np.ndarray:
    """Pixels below a higher neighbour in a mask (Y, X) or (Y, X, 3); all pixels without any."""
    flat = mask if mask.ndim == 2 else mask.astype(np.int64).sum(axis=2)
    highest = ndimage.maximum_filter(flat, footprint=_SQUARE, mode="nearest")
    edges = np.asarray(highest != flat)
    return edges if edges.any() else np.ones(flat.shape, bool)


def _smallest_dtype(labels: np.ndarray) -> np.ndarray:
    """A label image in the smallest of uint8, uint16 and uint32."""
    return labels.astype(np.min_scalar_type(int(labels.max())))
