"""Pictures, label images and images as the bytes of files."""

import io

import numpy as np
import tifffile
from PIL import Image as pillow

from cellseg.images.image import Image


def png_bytes(array: np.ndarray) -> bytes:
    """A PNG file of a picture of shape (Y, X) or (Y, X, 3), uint8; written fast, hardly larger."""
    if array.dtype != np.uint8:
        raise ValueError(f"a PNG is written from uint8, not from {array.dtype}")
    buffer = io.BytesIO()
    pillow.fromarray(array).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def label_tiff_bytes(labels: np.ndarray) -> bytes:
    """A TIFF file of a label image (Y, X) of whole numbers >= 0.

    uint16, or uint32 where a label is beyond 65535; compressed without loss.
    """
    highest = int(labels.max()) if labels.size else 0
    kind = np.uint16 if highest <= np.iinfo(np.uint16).max else np.uint32
    return _tiff(labels.astype(kind), "minisblack")


def mask_tiff_bytes(mask: np.ndarray) -> bytes:
    """A TIFF file of a mask (Y, X), in its own dtype, without loss."""
    return _tiff(mask, "minisblack")


def tiff_bytes(image: Image) -> bytes:
    """A TIFF file of an image, in its own dtype, without loss."""
    return _tiff(image.pixels, "minisblack" if image.axes == "YX" else "rgb")


def _tiff(array: np.ndarray, photometric: str) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer, array, photometric=photometric, compression="zlib", metadata=None, software=False
    )
    return buffer.getvalue()
