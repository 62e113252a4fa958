"""The foreground probability map as a TIFF file."""

import numpy as np
from numpy.typing import NDArray

from cellseg.exports.tiff import FAST, calibrated_tiff


def probability_tiff(probability: NDArray[np.floating], pixel_size: float | None = None) -> bytes:
    """A TIFF file of the foreground probability map: float32 (Y, X), 0 to 1.

    Parameters
    ----------
    pixel_size : side of a pixel in micrometres, stored in the file.
    """
    return calibrated_tiff(probability.astype(np.float32), pixel_size, FAST)
