"""TIFF files that know the size of their pixels."""

import io
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellseg.analysis.label_runs import checked_labels

MICROMETRES_PER_CENTIMETRE = 10_000


LEVEL = 6
FAST = 1
"""Levels of deflate: pictures and maps become hardly smaller with more effort, labels do."""


def calibrated_tiff(plane: NDArray, pixel_size: float | None = None, level: int = LEVEL) -> bytes:
    """A TIFF file of one grey plane (Y, X), in its own dtype, compressed without loss.

    Parameters
    ----------
    pixel_size : side of a pixel in micrometres, kept in the file; see `resolution`.
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
    """What `tifffile` takes to note the side of a pixel in micrometres; nothing for None.

    It becomes pixels per centimetre, a unit that TIFF has; ImageJ shows it in micrometres.
    """
    if pixel_size is None:
        return {}
    per_centimetre = MICROMETRES_PER_CENTIMETRE / pixel_size
    return {"resolution": (per_centimetre, per_centimetre), "resolutionunit": "CENTIMETER"}


def label_plane(labels: NDArray) -> NDArray[np.unsignedinteger]:
    """A label image (Y, X) as stored: uint16, or uint32 where a label is beyond 65,535."""
    labels = checked_labels(labels)
    deep = labels.size and labels.max() > np.iinfo(np.uint16).max
    return labels.astype(np.uint32 if deep else np.uint16)
