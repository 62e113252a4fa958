"""What the doctor remembers of a pair, measured once while it is decoded."""

import hashlib
from dataclasses import dataclass

import numpy as np

from cellseg.datasets.intake.doctor.regions import Regions, measure, stride
from cellseg.datasets.intake.doctor.unlabelled import cells_elsewhere
from cellseg.images.image import Image

FLAT = 0.75
"""A mask has at least this share of pixels that equal their right and lower neighbours."""


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image.

    sha256 : of its pixels, without its dtype.
    dtype, height, width : as stored.
    colourful : whether its channels differ.
    low, middle, high : the grey values, from 0 to 1 of what the dtype can hold, below which 1, 50
        and 99.8 percent of the pixels lie.
    constant : whether all pixels are equal.
    saturated : share of the pixels of cells at the highest value of the dtype.
    """

    sha256: str
    dtype: str
    height: int
    width: int
    channels: int
    colourful: bool
    low: float
    middle: float
    high: float
    constant: bool
    saturated: float


@dataclass(frozen=True)
class Facts:
    """What is known of a pair.

    regions : of its mask.
    palette : whether the numbers of the mask stood for colours of a palette.
    disputed : pixels that more than one cell claimed.
    elsewhere : the box (top, left, bottom, right) of what is labelled, where cells lie outside it.
    source : the file that the image came from.
    """

    image: ImageFacts
    regions: Regions
    palette: bool = False
    disputed: int = 0
    elsewhere: tuple[int, int, int, int] | None = None
    source: str = ""


def look_at(
    image: Image, mask: np.ndarray, *, palette: bool = False, disputed: int = 0, source: str = ""
) -> Facts:
    """Measure a pair.

    Parameters
    ----------
    mask : (Y, X) of the image's size, unsigned integer.
    """
    regions = measure(mask)
    return Facts(
        image=image_facts(image, mask),
        regions=regions,
        palette=palette,
        disputed=disputed,
        elsewhere=cells_elsewhere(image, mask),
        source=source,
    )


def image_facts(image: Image, mask: np.ndarray) -> ImageFacts:
    """Measure an image; see `ImageFacts`."""
    pixels = image.pixels
    top = _highest(pixels)
    step = stride(mask)
    few = pixels[::step, ::step]
    grey = few.max(axis=2) if few.ndim == 3 else few
    low, middle, high = (float(value) / top for value in np.percentile(grey, (1, 50, 99.8)))
    cells = mask[::step, ::step] > 0
    at_top: np.ndarray = np.asarray(few >= top)
    bright = np.asarray(at_top.all(axis=2)) if few.ndim == 3 else at_top
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return ImageFacts(
        sha256=digest.hexdigest(),
        dtype=str(pixels.dtype),
        height=image.height,
        width=image.width,
        channels=image.channels,
        colourful=pixels.ndim == 3 and bool((pixels != pixels[..., :1]).any()),
        low=low,
        middle=middle,
        high=high,
        constant=bool((pixels == pixels.flat[0]).all()),
        saturated=float(bright[cells].mean()) if cells.any() else float(bright.mean()),
    )


def looks_drawn(array: np.ndarray) -> bool:
    """Whether an array (Y, X) or (Y, X, 3) is flat as a mask is, and not a picture of a camera."""
    array = _middle(array)
    if min(array.shape[:2]) < 2:
        return True
    same = (array[1:, :-1] == array[:-1, :-1]) & (array[:-1, 1:] == array[:-1, :-1])
    return bool((same.all(axis=2) if same.ndim == 3 else same).mean() >= FLAT)


def looks_taken(array: np.ndarray) -> bool:
    """Whether an array is rough and of many values, as a picture of a camera is."""
    if looks_drawn(array):
        return False
    array = _middle(array)
    grey = array.astype(np.int64).sum(axis=2) if array.ndim == 3 else array
    return len(np.unique(grey)) > 16


def _middle(array: np.ndarray, side: int = 1024) -> np.ndarray:
    """The middle of an array (Y, X) or (Y, X, 3), at most `side` pixels high and wide."""
    top, left = (max(0, (length - side) // 2) for length in array.shape[:2])
    return array[top : top + side, left : left + side]


def _highest(pixels: np.ndarray) -> float:
    """The highest value that the dtype, or the camera behind it, can give."""
    if pixels.dtype.kind == "f":
        return max(float(pixels.max()), 1e-12)
    if pixels.dtype == np.uint16:  # cameras of 10, 12 and 14 bits
        return float(
            next((1 << bits) - 1 for bits in (8, 10, 12, 14, 16) if pixels.max() < 1 << bits)
        )
    return float(np.iinfo(pixels.dtype).max)
