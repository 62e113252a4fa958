"""An image in memory: pixels and the meaning of their axes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Axes = Literal["YX", "YXC"]


@dataclass(frozen=True, eq=False)
class Image:
    """A grey or colour image.

    pixels : (Y, X) or (Y, X, 3), uint8, uint16 or finite float32; conversion to 8 bits scales the
        last two by percentiles.
    axes : "YX" (grey) or "YXC" (red, green, blue).
    channel_names : one for each channel, or empty where unknown.
    pixel_size_um : side of a pixel in µm; None where unknown.
    """

    pixels: np.ndarray
    axes: Axes
    channel_names: tuple[str, ...] = ()
    pixel_size_um: float | None = None

    def __post_init__(self) -> None:
        if self.pixels.ndim != len(self.axes):
            raise ValueError(f"axes {self.axes} do not fit an array of {self.pixels.shape}")

    @property
    def height(self) -> int:
        """Rows, in pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns, in pixels."""
        return int(self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """1 (grey) or 3 (colour)."""
        return 1 if self.axes == "YX" else int(self.pixels.shape[2])

    @property
    def bits(self) -> str:
        """Name of the dtype of the pixels, such as `uint16`."""
        return str(self.pixels.dtype)
