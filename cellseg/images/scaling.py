"""Scaling grey values to 8 bits, and pictures to thumbnails."""

import numpy as np
from PIL import Image as pillow

from cellseg.images.image import Image

BLOCK = 2**20
"""Pixels that are scaled at a time."""


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
        return stretched_rgb8(image, low, high)
    return _three(image.pixels)


def stretched_rgb8(image: Image, low: float = 1.0, high: float = 99.8) -> np.ndarray:
    """As `to_rgb8`, but 8-bit images are scaled by their percentiles too."""
    pixels = image.pixels
    if image.axes == "YX":
        return _three(_channel8(pixels, low, high))
    channels = [_channel8(pixels[..., c], low, high) for c in range(pixels.shape[2])]
    return np.stack(channels, axis=-1)


def _three(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels


def _channel8(channel: np.ndarray, low: float, high: float) -> np.ndarray:
    bottom, top = (float(value) for value in np.percentile(channel, (low, high)))
    if top <= bottom:
        bottom, top = float(channel.min()), float(channel.max())
    if top <= bottom:
        return np.zeros(channel.shape, np.uint8)
    scaled = np.empty(channel.shape, np.uint8)
    rows = max(1, BLOCK // max(1, channel.shape[1]))
    for first in range(0, channel.shape[0], rows):  # float64 of a whole slide would fill memory
        block = channel[first : first + rows].astype(np.float64)
        fraction = np.clip((block - bottom) / (top - bottom), 0, 1)
        scaled[first : first + rows] = np.round(fraction * 255).astype(np.uint8)
    return scaled


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
