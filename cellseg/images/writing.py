"""Images and label images as PNG and TIFF files."""

import io
from typing import Any

import numpy as np
import tifffile
from PIL import Image as pillow

from cellseg.images.image import Image


def png_bytes(array: np.ndarray) -> bytes:
    """A PNG file of an image (Y, X) or (Y, X, 3), uint8, with fast compression."""
    if array.dtype != np.uint8:
        raise ValueError(f"a PNG is written from uint8, not from {array.dtype}")
    buffer = io.BytesIO()
    pillow.fromarray(array).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def label_tiff_bytes(labels: np.ndarray) -> bytes:
    """A TIFF file of a label image (Y, X) of integers >= 0, compressed lossless.

    Stored as uint16, or as uint32 with a label above 65,535.
    """
    highest = int(labels.max()) if labels.size else 0
    kind = np.uint16 if highest <= np.iinfo(np.uint16).max else np.uint32
    return _tiff(labels.astype(kind))


def mask_tiff_bytes(mask: np.ndarray) -> bytes:
    """A TIFF file of a mask (Y, X), in its own dtype, compressed lossless."""
    return _tiff(mask)


def tiff_bytes(image: Image) -> bytes:
    """A TIFF file of an image, in its own dtype, compressed lossless.

    An image with channel names or a pixel size becomes an OME-TIFF. Named channels of a colour
    image become pages.
    """
    metadata: dict[str, Any] = {}
    if image.pixel_size_um is not None:
        for axis in "XY":
            metadata[f"PhysicalSize{axis}"] = image.pixel_size_um
            metadata[f"PhysicalSize{axis}Unit"] = "µm"
    pixels, axes = image.pixels, image.axes.replace("C", "S")
    if image.channel_names:
        metadata["Channel"] = {"Name": list(image.channel_names)}
        if image.axes == "YXC":
            pixels, axes = np.moveaxis(pixels, -1, 0), "CYX"
    if not metadata:
        return _tiff(pixels, "rgb" if axes == "YXS" else "minisblack")
    photometric = "rgb" if axes == "YXS" else "minisblack"
    return _tiff(pixels, photometric, ome=True, metadata={"axes": axes, **metadata})


def _tiff(
    array: np.ndarray,
    photometric: str = "minisblack",
    ome: bool = False,
    metadata: dict[str, Any] | None = None,
) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        array,
        photometric=photometric,
        compression="zlib",
        metadata=metadata,
        ome=ome,
        software=False,
    )
    return buffer.getvalue()
