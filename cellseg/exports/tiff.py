"""TIFF files with a pixel size."""

import io
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellseg.analysis.label_runs import checked_labels

MICROMETRES_PER_CENTIMETRE = 10_000

LEVEL = 6
"""Deflate level of label images."""
FAST = 1
"""Deflate level of images and probability maps, which higher levels hardly compress further."""


def calibrated_tiff(plane: NDArray, pixel_size: float | None = None, level: int = LEVEL) -> bytes:
    """A TIFF file of one grey plane (Y, X), in its own dtype, compressed lossless.

    Parameters
    ----------
    pixel_size : side of a pixel in micrometres, stored as in `resolution`.
    level : of deflate, 1 to 9.
    """
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        np.ascontiguousarray(plane),
        photometric="minisblack",
        compression="zlib",
        compressionargs={"level": level},
        metadata=None,
        software=False,
        **resolution(pixel_size),
    )
    return buffer.getvalue()


def resolution(pixel_size: float | None) -> dict[str, Any]:
    """Arguments of `tifffile` that store a pixel size in micrometres; empty for None.

    TIFF stores pixels per centimetre; ImageJ shows the size in micrometres.
    """
    if pixel_size is None:
        return {}
    per_centimetre = MICROMETRES_PER_CENTIMETRE / pixel_size
    return {"resolution": (per_centimetre, per_centimetre), "resolutionunit": "CENTIMETER"}


def label_plane(labels: NDArray) -> NDArray[np.unsignedinteger]:
    """A label image (Y, X) as stored: uint16, or uint32 with a label above 65,535."""
    labels = checked_labels(labels)
    deep = labels.size and labels.max() > np.iinfo(np.uint16).max
    return labels.astype(np.uint32 if deep else np.uint16)
