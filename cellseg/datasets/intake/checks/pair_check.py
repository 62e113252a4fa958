"""Whether an image and a mask fit each other, checked when they are decoded."""

from dataclasses import dataclass

import numpy as np

from cellseg.datasets.intake.checks.pair_measurements import resembles_mask, resembles_photo
from cellseg.datasets.intake.checks.pixel_repairs import MAX_COLOURS, count_colours
from cellseg.images.image import Image


@dataclass(frozen=True)
class Mismatch:
    """Why an image and a mask do not fit each other.

    check : name of the check.
    message : what was found and how it affects the training.
    repair : name of the repair, or None.
    """

    check: str
    message: str
    repair: str | None = None


def find_mismatch(image: Image, mask: np.ndarray) -> Mismatch | None:
    """Why the pair cannot be used as it is; None where image and mask fit.

    Parameters
    ----------
    mask : (Y, X) unsigned integer, or (Y, X, 3) where it is a colour picture.
    """
    size, mask_size = (image.height, image.width), mask.shape[:2]
    if min(size) > 1 and resembles_mask(image.pixels) and resembles_photo(mask):
        return Mismatch(
            "swapped",
            "Image and mask are swapped: the image looks like a mask and the mask like a camera "
            "image; the network would learn to predict images from masks.",
            "swap",
        )
    if size == mask_size and np.array_equal(image.pixels, mask) and len(np.unique(mask)) > 1:
        return Mismatch(
            "same-file",
            "Image and mask have the same pixels; the network would learn to copy its input; add "
            "the image on which the mask was drawn.",
        )
    if size != mask_size:
        return _size_mismatch(size, mask_size)
    if mask.ndim == 3:
        return _colour_mask(mask)
    return None


def _size_mismatch(size: tuple[int, int], mask: tuple[int, ...]) -> Mismatch:
    found = (
        f"The image has {size[1]} × {size[0]} pixels and its mask {mask[1]} × {mask[0]}, so the "
        "mask does not cover the cells"
    )
    if size == mask[::-1]:
        return Mismatch("size-mismatch", f"{found}; the mask is rotated by 90°.", "turn-mask")
    ratios = [of_image / of_mask for of_image, of_mask in zip(size, mask, strict=True)]
    if abs(ratios[0] / ratios[1] - 1) < 0.02:
        return Mismatch(
            "size-mismatch",
            f"{found}; the mask was drawn on the image at another size.",
            "resize-mask",
        )
    return Mismatch("size-mismatch", f"{found}; export the mask again at the size of the image.")


def _colour_mask(mask: np.ndarray) -> Mismatch:
    colours, counts = count_colours(mask)
    if len(colours) <= MAX_COLOURS:
        return Mismatch(
            "colour-mask",
            f"The mask is a colour (RGB) image with {len(colours)} colours; cellseg needs one "
            "label for each pixel.",
            "colours-to-numbers",
        )
    largest = counts.max() / counts.sum()
    return Mismatch(
        "colour-mask",
        f"The mask is a colour (RGB) image with {len(colours):,} colours, like an overlay or a "
        f"JPEG ({largest:.0%} of the pixels have one colour); cellseg cannot tell which pixels are "
        "cells; export the mask itself as PNG or TIFF.",
    )
