"""OME-TIFF with image and label image, and the pixel size."""

import hashlib
import io
import uuid
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cellseg import __version__
from cellseg.exports.tiff import (
    FAST,
    LEVEL,
    label_plane,
    resolution,
)
from cellseg.images.image import Image


def ome_tiff(
    image: Image, labels: NDArray, name: str = "image", pixel_size: float | None = None
) -> bytes:
    """An OME-TIFF file with two images: the image and its label image, compressed lossless.

    The id of the file is a hash of its pixels, so that equal content gives equal bytes.

    Parameters
    ----------
    labels : (Y, X) of the image's size; uint16 in the file, or uint32 with a label above 65,535.
    name : of the image; the label image is named `labels`.
    pixel_size : side of a pixel in micrometres.

    Raises
    ------
    ValueError
        Where image and labels differ in height or width.
    """
    if image.pixels.shape[:2] != labels.shape:
        raise ValueError(f"an image of {image.pixels.shape[:2]} and labels of {labels.shape}")
    planes = [
        (image.pixels, "minisblack" if image.axes == "YX" else "rgb", name, FAST),
        (label_plane(labels), "minisblack", "labels", LEVEL),
    ]
    file: dict[str, Any] = {"UUID": _id(planes), "Creator": f"cellseg {__version__}"}
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, ome=True) as writer:
        for plane, photometric, title, level in planes:
            writer.write(
                np.ascontiguousarray(plane),
                photometric=photometric,
                compression="zlib",
                compressionargs={"level": level},
                software=False,
                metadata={
                    "axes": "YX" if plane.ndim == 2 else "YXS",
                    "Name": title,
                    **_physical(pixel_size),
                    **file,
                },
                **resolution(pixel_size),
            )
    return buffer.getvalue()


def _physical(pixel_size: float | None) -> dict[str, Any]:
    if pixel_size is None:
        return {}
    return {
        f"PhysicalSize{axis}{end}": value
        for axis in "XY"
        for end, value in (("", pixel_size), ("Unit", "µm"))
    }


def _id(planes: list[tuple[NDArray, str, str, int]]) -> str:
    content = hashlib.sha256()
    for plane, _, title, _ in planes:
        content.update(f"{title}{plane.shape}{plane.dtype}".encode())
        content.update(np.ascontiguousarray(plane).data)
    return str(uuid.UUID(bytes=content.digest()[:16], version=4))
