"""What the reader of a format hands on, and the size at which every reader stops."""

from dataclasses import dataclass

import numpy as np

from cellseg.errors import CellsegError

MAX_PIXELS = 100_000_000
"""Largest height times width of a file that must be decoded whole."""


@dataclass(frozen=True, eq=False)
class Raster:
    """Pixels as stored in the file.

    array : (Y, X) or (Y, X, 3), dtype as stored; 1 bit has become 0 and 255, uint8.
    palette : (N, 3) uint8, the colours of the values in `array`; None without a palette.
    dark_is_high : whether high values are meant dark (TIFF "white is zero").
    """

    array: np.ndarray
    palette: np.ndarray | None = None
    dark_is_high: bool = False


def check_pixels(height: int, width: int, name: str) -> None:
    """Refuse, from its header, a picture that is too large to be decoded whole.

    Raises
    ------
    CellsegError
        Beyond `MAX_PIXELS`, or where a side is zero.
    """
    if height < 1 or width < 1:
        raise CellsegError(f"{name} has no pixels ({width} × {height}); save the image again.")
    if height * width > MAX_PIXELS:
        raise CellsegError(
            f"{name} has {width} × {height} pixels, {height * width / 1e6:,.0f} megapixels; at "
            f"most {MAX_PIXELS / 1e6:.0f} can be read; cut it into parts or make it smaller."
        )
