"""Scaling of intensities to 8 bits, and of images to thumbnails."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from PIL import Image as pillow

from cellseg.images.image import Image

BLOCK = 2**20
"""Number of pixels that are scaled at a time."""

EVERYTHING = slice(None)

DARK = 1 / 8
"""Relative maximum below which an 8-bit channel is dark; 1 is that of the brightest channel."""


def to_rgb8(image: Image, low: float = 1.0, high: float = 99.8) -> np.ndarray:
    """Convert an image to 8-bit RGB.

    8-bit images stay as they are. In other images, each channel is scaled so that the percentiles
    `low` and `high` become 0 and 255; where the two are equal, minimum and maximum. A constant
    channel becomes 0.

    Returns
    -------
    ndarray of shape (Y, X, 3), dtype uint8; a grey image has three equal channels.
    """
    if image.pixels.dtype != np.uint8:
        return ContrastStretch.of(image, low, high).rgb8()
    return _three(image.pixels)


@dataclass(frozen=True, eq=False)
class ContrastStretch:
    """An image with a contrast stretch as in `to_rgb8`, for 8-bit images too; read by windows.

    ranges : of each channel, the values that become 0 and 255.
    dark : channels that are filled with the maximum of all channels.
    """

    image: Image
    ranges: tuple[tuple[float, float], ...]
    dark: tuple[int, ...] = ()

    @classmethod
    def of(cls, image: Image, low: float = 1.0, high: float = 99.8) -> Self:
        """Stretch between two percentiles of the whole image, computed in blocks for integers."""
        channels = np.atleast_3d(image.pixels)
        return cls(image, tuple(_range(channels[..., c], low, high) for c in range(image.channels)))

    def channel(self, number: int) -> Self:
        """One channel as a grey image."""
        pixels = self.image.pixels[..., number]
        return replace(self, image=Image(pixels, "YX"), ranges=(self.ranges[number],), dark=())

    def with_filled_channels(self) -> Self:
        """The stretch with dark channels filled with the maximum of all channels.

        Nuclei in blue alone become grey. A channel is dark where it is constant, or where it has 8
        bits and its maximum is below an eighth of that of the brightest channel, as in a JPEG,
        where a dark channel has shadows of the others.
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
    """Rows that are processed at a time, since float64 of a whole slide would fill the memory."""
    rows = max(1, BLOCK // max(1, pixels.shape[1]))
    for first in range(0, pixels.shape[0], rows):
        yield slice(first, first + rows)


def _scaled(values: np.ndarray, bottom: float, top: float) -> np.ndarray:
    """Scale values from bottom to top to uint8, 0 to 255; all 0 where the two are equal."""
    if top <= bottom:
        return np.zeros(values.shape, np.uint8)
    if values.dtype in (np.uint8, np.uint16) and values.size > np.iinfo(values.dtype).max:
        every = np.arange(np.iinfo(values.dtype).max + 1)
        return _scaled(every, bottom, top).take(values)
    fraction = np.clip((values.astype(np.float64) - bottom) / (top - bottom), 0, 1)
    return np.round(fraction * 255).astype(np.uint8)


def _range(channel: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """The values of two percentiles; minimum and maximum where the two are equal."""
    if channel.dtype in (np.uint8, np.uint16):
        size = np.iinfo(channel.dtype).max + 1
        counts = np.zeros(size, np.int64)
        for block in _blocks(channel):
            counts += np.bincount(channel[block].ravel(), minlength=size)
        cumulative = np.cumsum(counts)
        bottom, top = (_percentile(cumulative, percent) for percent in (low, high))
        ends = np.flatnonzero(counts)[[0, -1]]
    else:
        bottom, top = (float(value) for value in np.percentile(channel, (low, high)))
        ends = np.array([channel.min(), channel.max()])
    return (bottom, top) if top > bottom else (float(ends[0]), float(ends[1]))


def _percentile(cumulative: np.ndarray, percent: float) -> float:
    """A percentile of integers, equal to that of `np.percentile` to the last bit.

    Parameters
    ----------
    cumulative : cumulative histogram of the values from 0.
    """
    place = (int(cumulative[-1]) - 1) * (percent / 100)
    before = math.floor(place)
    share = place - before
    lower, upper = (
        int(np.searchsorted(cumulative, min(rank, cumulative[-1] - 1), "right"))
        for rank in (before, before + 1)
    )
    if share < 0.5:
        return lower + (upper - lower) * share
    return upper - (upper - lower) * (1 - share)


def thumbnail(rgb8: np.ndarray, side: int = 256) -> np.ndarray:
    """Reduce a picture to at most `side` pixels on its longer side; smaller ones stay.

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
    """Reduce a mask or label image (Y, X) as `thumbnail` does, without new values."""
    return nearest(labels, *_fitted(labels.shape[0], labels.shape[1], side))


def nearest(labels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize a mask or label image (Y, X) with nearest-neighbour interpolation."""
    rows = ((np.arange(height) + 0.5) * labels.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * labels.shape[1] / width).astype(np.intp)
    return labels[rows[:, np.newaxis], columns]


def _fitted(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width of equal aspect ratio, at most `side`."""
    factor = min(1.0, side / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))
