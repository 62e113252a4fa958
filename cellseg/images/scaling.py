"""Scaling grey values to 8 bits, and pictures to thumbnails."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from PIL import Image as pillow

from cellseg.images.image import Image

BLOCK = 2**20
"""Pixels that are scaled at a time."""

EVERYTHING = slice(None)

DARK = 1 / 8
"""Share of the brightest channel below which a channel of 8 bits has no picture of its own."""


def to_rgb8(image: Image, low: float = 1.0, high: float = 99.8) -> np.ndarray:
    """The image as 8-bit colours.

    8-bit images are kept as they are. Images of more bits are scaled, each channel by itself, so
    that the percentiles `low` and `high` become 0 and 255. Where these two are equal the lowest
    and highest value take their place; a constant channel becomes 0.

    Returns
    -------
    ndarray of shape (Y, X, 3), dtype uint8; a grey image has three equal channels.
    """
    if image.pixels.dtype != np.uint8:
        return Stretch.of(image, low, high).rgb8()
    return _three(image.pixels)


@dataclass(frozen=True, eq=False)
class Stretch:
    """An image as 8-bit colours, scaled as `to_rgb8` says, 8 bits too; made window by window.

    ranges : for each channel the values that become 0 and 255.
    dark : the channels that show what the brightest of all channels shows, where it is brighter.
    """

    image: Image
    ranges: tuple[tuple[float, float], ...]
    dark: tuple[int, ...] = ()

    @classmethod
    def of(cls, image: Image, low: float = 1.0, high: float = 99.8) -> Self:
        """With the percentiles of the whole image, read block by block where they are integers."""
        channels = np.atleast_3d(image.pixels)
        return cls(image, tuple(_range(channels[..., c], low, high) for c in range(image.channels)))

    def channel(self, number: int) -> Self:
        """One of the channels as a grey image."""
        pixels = self.image.pixels[..., number]
        return replace(self, image=Image(pixels, "YX"), ranges=(self.ranges[number],), dark=())

    def filled(self) -> Self:
        """The same where channels without a picture of their own show that of the others.

        Nuclei in blue alone become as grey ones are. A channel has no picture where it is constant,
        or, of 8 bits, where its highest value is below an eighth of that of the brightest channel:
        there a JPEG file has shadows of the others. What such a channel has stays to be seen.
        """
        spans = [top - bottom for bottom, top in self.ranges]
        brightest = max((top for bottom, top in self.ranges if top > bottom), default=0.0)
        shadows = self.image.pixels.dtype == np.uint8
        dark = tuple(
            channel
            for channel, (_, top) in enumerate(self.ranges)
            if spans[channel] <= 0 or (shadows and top < DARK * brightest)
        )
        if not dark or len(dark) == len(spans):
            return self
        least = DARK * max(spans)
        ranges = tuple(
            (bottom, max(top, bottom + least)) if channel in dark else (bottom, top)
            for channel, (bottom, top) in enumerate(self.ranges)
        )
        return replace(self, ranges=ranges, dark=dark)

    def rgb8(self, rows: slice = EVERYTHING, columns: slice = EVERYTHING) -> np.ndarray:
        """A window as uint8 (Y, X, 3)."""
        window = np.atleast_3d(self.image.pixels[rows, columns])
        rgb8 = np.empty((*window.shape[:2], 3), np.uint8)
        for c, (bottom, top) in enumerate(self.ranges):
            for block in _blocks(window):
                scaled = _scaled(window[block][..., c], bottom, top)
                for into in range(3) if len(self.ranges) == 1 else (c,):
                    rgb8[block][..., into] = scaled
        if self.dark:
            most = rgb8.max(axis=2)
            for c in self.dark:
                rgb8[..., c] = most
        return rgb8


def _three(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels


def _blocks(pixels: np.ndarray) -> Iterator[slice]:
    """Rows that are worked on at a time: float64 of a whole slide would fill memory."""
    rows = max(1, BLOCK // max(1, pixels.shape[1]))
    for first in range(0, pixels.shape[0], rows):
        yield slice(first, first + rows)


def _scaled(values: np.ndarray, bottom: float, top: float) -> np.ndarray:
    """Of values from bottom to top to uint8 of 0 to 255; 0 where the two are equal."""
    if top <= bottom:
        return np.zeros(values.shape, np.uint8)
    if values.dtype in (np.uint8, np.uint16) and values.size > np.iinfo(values.dtype).max:
        every = np.arange(np.iinfo(values.dtype).max + 1)
        return _scaled(every, bottom, top).take(values)
    fraction = np.clip((values.astype(np.float64) - bottom) / (top - bottom), 0, 1)
    return np.round(fraction * 255).astype(np.uint8)


def _range(channel: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """The values at two percentiles; the lowest and the highest where the two are equal."""
    if channel.dtype in (np.uint8, np.uint16):
        size = np.iinfo(channel.dtype).max + 1
        counts = np.zeros(size, np.int64)
        for block in _blocks(channel):
            counts += np.bincount(channel[block].ravel(), minlength=size)
        upto = np.cumsum(counts)
        bottom, top = (_percentile(upto, percent) for percent in (low, high))
        ends = np.flatnonzero(counts)[[0, -1]]
    else:
        bottom, top = (float(value) for value in np.percentile(channel, (low, high)))
        ends = np.array([channel.min(), channel.max()])
    return (bottom, top) if top > bottom else (float(ends[0]), float(ends[1]))


def _percentile(upto: np.ndarray, percent: float) -> float:
    """The value that `np.percentile` gives, to the last bit.

    Parameters
    ----------
    upto : how many are 0, at most 1, at most 2 and so on.
    """
    place = (int(upto[-1]) - 1) * (percent / 100)
    before = math.floor(place)
    share = place - before
    lower, upper = (
        int(np.searchsorted(upto, min(rank, upto[-1] - 1), "right"))
        for rank in (before, before + 1)
    )
    if share < 0.5:
        return lower + (upper - lower) * share
    return upper - (upper - lower) * (1 - share)


def thumbnail(rgb8: np.ndarray, side: int = 256) -> np.ndarray:
    """A picture whose longer side has at most `side` pixels; smaller ones are kept.

    Parameters
    ----------
    rgb8 : (Y, X, 3) or (Y, X), uint8.

    Returns
    -------
    ndarray of the same number of axes, uint8.
    """
    height, width = _fitted(rgb8.shape[0], rgb8.shape[1], side)
    if (height, width) == rgb8.shape[:2]:
        return rgb8
    small = pillow.fromarray(rgb8).resize(
        (width, height), pillow.Resampling.LANCZOS, reducing_gap=3.0
    )
    return np.array(small)


def thumbnail_labels(labels: np.ndarray, side: int = 256) -> np.ndarray:
    """As `thumbnail`, for masks and label images (Y, X) of any dtype: no new value arises."""
    return nearest(labels, *_fitted(labels.shape[0], labels.shape[1], side))


def nearest(labels: np.ndarray, height: int, width: int) -> np.ndarray:
    """A mask or label image (Y, X) in another size, each pixel the value of the nearest one."""
    rows = ((np.arange(height) + 0.5) * labels.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * labels.shape[1] / width).astype(np.intp)
    return labels[rows[:, np.newaxis], columns]


def _fitted(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width with the longer one at most `side`, in proportion."""
    factor = min(1.0, side / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))
