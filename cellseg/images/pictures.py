"""PNG, JPEG and BMP files, through Pillow; 16-bit colour PNG through imagecodecs.

The format classes are called directly, not by `PIL.Image.open`: no other format can be reached,
and the size is checked by `check_pixels` alone.
"""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import BmpImagePlugin, ImageFile, ImageOps, JpegImagePlugin, PngImagePlugin
from PIL.Image import Image as Picture

from cellseg.images.raster import Raster, check_pixels

PNG = b"\x89PNG\r\n\x1a\n"


def _read_jpeg(path: Path, name: str) -> Raster:
    with path.open("rb") as file:
        return _decoded(JpegImagePlugin.JpegImageFile(file), name)


def _read_bmp(path: Path, name: str) -> Raster:
    with path.open("rb") as file:
        return _decoded(BmpImagePlugin.BmpImageFile(file), name)


def _read_png(path: Path, name: str) -> Raster:
    with path.open("rb") as file:
        header = file.read(26)
        if header[12:16] == b"IHDR" and len(header) == 26:
            width, height = struct.unpack(">II", header[16:24])
            check_pixels(height, width, name)
        file.seek(0)
        picture = PngImagePlugin.PngImageFile(file)
        if len(header) == 26 and header[24] == 16 and header[25] != 0:
            return _deep_colour_png(path, picture, name)
        return _decoded(picture, name)


READERS: dict[bytes, Callable[[Path, str], Raster]] = {
    PNG: _read_png,
    b"\xff\xd8\xff": _read_jpeg,
    b"BM": _read_bmp,
}
"""The reader of each format, by the first bytes of its files."""


def _decoded(picture: ImageFile.ImageFile, name: str) -> Raster:
    """All pixels, turned as EXIF says, without transparency."""
    check_pixels(picture.height, picture.width, name)
    picture.load()
    upright: Picture = ImageOps.exif_transpose(picture)
    mode = upright.mode
    if mode == "P":
        return Raster(np.array(upright), palette=_palette(upright))
    if mode in ("L", "RGB") or mode.startswith("I"):
        array = np.array(upright)
    else:
        array = np.array(upright.convert("L" if mode in ("1", "LA", "La") else "RGB"))
    return Raster(array)


def _palette(picture: Picture) -> np.ndarray:
    """(N, 3) uint8 colours of a picture of mode P."""
    flat = np.array(picture.convert("RGB").getpalette() or picture.getpalette("RGB"), np.uint8)
    return flat.reshape(-1, 3)


def _deep_colour_png(path: Path, picture: PngImagePlugin.PngImageFile, name: str) -> Raster:
    """16 bits a channel with colour or transparency, which Pillow would cut to 8 bits."""
    from imagecodecs import png_decode

    check_pixels(picture.height, picture.width, name)
    array = png_decode(path.read_bytes())  # (Y, X, S): grey and alpha, RGB or RGBA
    return Raster(array[..., 0] if array.shape[2] == 2 else array[..., :3])
