"""Measurements of an image and its mask, made once while the pair is decoded."""

import hashlib
from dataclasses import dataclass

import numpy as np

from cellseg.datasets.intake.checks.mask_measurements import (
    MaskMeasurements,
    measure_mask,
    sampling_step,
)
from cellseg.datasets.intake.checks.unlabelled_cells import Box, partly_labelled_region
from cellseg.images.image import Image

FLAT = 0.75
"""Smallest share of the pixels of a mask that equal their right and lower neighbours."""

MASK_VALUES = 16
"""Most distinct values of a sampled array that still resembles a mask."""


@dataclass(frozen=True)
class ImageMeasurements:
    """What the checks need to know about an image.

    sha256 : of shape and pixels.
    dtype, height, width, channels : as stored.
    colour : whether the channels differ.
    low, median, high : 1st, 50th and 99.8th percentile of the grey values, as fractions of the
        highest value of the dtype or camera.
    constant : whether all pixels are equal.
    saturated : share of the pixels of cells with the highest value of the dtype, 0 to 1.
    """

    sha256: str
    dtype: str
    height: int
    width: int
    channels: int
    colour: bool
    low: float
    median: float
    high: float
    constant: bool
    saturated: float


@dataclass(frozen=True)
class PairMeasurements:
    """What the checks need to know about an image and its mask.

    palette : whether the mask values are indices of a colour palette.
    overlap : number of pixels that more than one cell covers in the source.
    labelled_region : the labelled box where cells outside of it are unlabelled, else None.
    source : file of which the image is one plane or row; empty for a file of its own.
    """

    image: ImageMeasurements
    mask: MaskMeasurements
    palette: bool = False
    overlap: int = 0
    labelled_region: Box | None = None
    source: str = ""


def measure_pair(
    image: Image, mask: np.ndarray, *, palette: bool = False, overlap: int = 0, source: str = ""
) -> PairMeasurements:
    """Measure an image and its mask.

    Parameters
    ----------
    mask : (Y, X) of the image's size, unsigned integer.
    palette, overlap, source : as in `PairMeasurements`.
    """
    return PairMeasurements(
        image=measure_image(image, mask),
        mask=measure_mask(mask),
        palette=palette,
        overlap=overlap,
        labelled_region=partly_labelled_region(image, mask),
        source=source,
    )


def measure_image(image: Image, mask: np.ndarray) -> ImageMeasurements:
    """Measure an image; grey values come from a regular sample of its pixels.

    Parameters
    ----------
    mask : (Y, X) of the image's size, unsigned integer; not 0 in cells.
    """
    pixels = image.pixels
    highest = _highest_possible_value(pixels)
    step = sampling_step(mask)
    sample = pixels[::step, ::step]
    grey = sample.max(axis=2) if sample.ndim == 3 else sample
    low, median, high = (float(value) / highest for value in np.percentile(grey, (1, 50, 99.8)))
    cells = mask[::step, ::step] > 0
    at_highest: np.ndarray = np.asarray(sample >= highest)
    saturated = np.asarray(at_highest.all(axis=2)) if sample.ndim == 3 else at_highest
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return ImageMeasurements(
        sha256=digest.hexdigest(),
        dtype=str(pixels.dtype),
        height=image.height,
        width=image.width,
        channels=image.channels,
        colour=pixels.ndim == 3 and bool((pixels != pixels[..., :1]).any()),
        low=low,
        median=median,
        high=high,
        constant=bool((pixels == pixels.flat[0]).all()),
        saturated=float(saturated[cells].mean()) if cells.any() else float(saturated.mean()),
    )


def resembles_mask(array: np.ndarray) -> bool:
    """Whether an array (Y, X) or (Y, X, 3) has the flat areas of a mask."""
    array = _centre(array)
    if min(array.shape[:2]) < 2:
        return True
    equal = (array[1:, :-1] == array[:-1, :-1]) & (array[:-1, 1:] == array[:-1, :-1])
    return bool((equal.all(axis=2) if equal.ndim == 3 else equal).mean() >= FLAT)


def resembles_photo(array: np.ndarray) -> bool:
    """Whether an array (Y, X) or (Y, X, 3) has the noise and many values of a camera image."""
    if resembles_mask(array):
        return False
    array = _centre(array)
    grey = array.astype(np.int64).sum(axis=2) if array.ndim == 3 else array
    return len(np.unique(grey)) > MASK_VALUES


def _centre(array: np.ndarray, side: int = 1024) -> np.ndarray:
    """The centre of an array (Y, X) or (Y, X, 3), at most `side` pixels high and wide."""
    top, left = (max(0, (length - side) // 2) for length in array.shape[:2])
    return array[top : top + side, left : left + side]


def _highest_possible_value(pixels: np.ndarray) -> float:
    """The highest value of the dtype, or of the camera that the values suggest."""
    if pixels.dtype.kind == "f":
        return max(float(pixels.max()), 1e-12)
    if pixels.dtype == np.uint16:  # cameras of 10, 12 and 14 bits
        return float(
            next((1 << bits) - 1 for bits in (8, 10, 12, 14, 16) if pixels.max() < 1 << bits)
        )
    return float(np.iinfo(pixels.dtype).max)
