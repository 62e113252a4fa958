"""Whether an image and a mask fit each other as they were decoded."""

from dataclasses import dataclass

import numpy as np

from cellseg.datasets.intake.doctor.facts import looks_drawn, looks_taken
from cellseg.datasets.intake.doctor.repairs import MOST_COLOURS, colours_of
from cellseg.images.image import Image


@dataclass(frozen=True)
class Misfit:
    """Why a pair does not fit: the check, what it does to the training, the repair or None."""

    check: str
    message: str
    repair: str | None = None


def misfit(image: Image, mask: np.ndarray) -> Misfit | None:
    """What is wrong with a pair, or None where it can be kept.

    Parameters
    ----------
    mask : (Y, X) unsigned integer, or (Y, X, 3) where it is a picture in colours.
    """
    size, mask_size = (image.height, image.width), mask.shape[:2]
    if min(size) > 1 and looks_drawn(image.pixels) and looks_taken(mask):
        return Misfit(
            "swapped",
            "Image and mask are swapped: the image is drawn and the mask is a picture of a camera; "
            "the network would learn to draw cells from masks.",
            "swap",
        )
    if size == mask_size and np.array_equal(image.pixels, mask) and len(np.unique(mask)) > 1:
        return Misfit(
            "same-file",
            "Image and mask are the same picture; the network would learn to copy its input; "
            "bring the image on which the mask was drawn.",
        )
    if size != mask_size:
        return _sizes(size, mask_size)
    if mask.ndim == 3:
        return _colours(mask)
    return None


def _sizes(size: tuple[int, int], mask: tuple[int, ...]) -> Misfit:
    found = (
        f"The image has {size[1]} × {size[0]} pixels and its mask {mask[1]} × {mask[0]}, so that "
        "cells do not lie where the mask says"
    )
    if size == mask[::-1]:
        return Misfit("size-mismatch", f"{found}; the mask is turned on its side.", "turn-mask")
    factors = [ours / theirs for ours, theirs in zip(size, mask, strict=True)]
    if abs(factors[0] / factors[1] - 1) < 0.02:
        return Misfit(
            "size-mismatch",
            f"{found}; the mask was drawn on the image in another size.",
            "resize-mask",
        )
    return Misfit("size-mismatch", f"{found}; export the mask again at the size of the image.")


def _colours(mask: np.ndarray) -> Misfit:
    colours, counts = colours_of(mask)
    if len(colours) <= MOST_COLOURS:
        return Misfit(
            "colour-mask",
            f"The mask is a picture in {len(colours)} colours; needed is one number for each "
            "pixel, which the network cannot read from colours.",
            "colours-to-numbers",
        )
    largest = counts.max() / counts.sum()
    return Misfit(
        "colour-mask",
        f"The mask is a picture in {len(colours):,} colours, as an overlay or a JPEG has them "
        f"({largest:.0%} of one colour); which pixels are cells cannot be told; export the mask "
        "itself as PNG or TIFF.",
    )
