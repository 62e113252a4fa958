"""PNG, JPEG, BMP and WebP files, through Pillow; 16-bit colour PNG through imagecodecs.

The format classes are called directly, not through `PIL.Image.open`, so that no other format is
read and only `check_pixels` limits the size.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from PIL import (
    BmpImagePlugin,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)
from PIL.Image import Image as Picture

from cellseg.images.size_limits import check_pixels
from cellseg.images.stack import Stack

PNG = b"\x89PNG\r\n\x1a\n"
WEBP = b"RIFF"

_Reader = Callable[[Path, str], AbstractContextManager[Stack]]


class _Picture:
    """The pixels of a picture, decoded on request; see `stack.PixelReader`."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, read: Callable[[], np.ndarray]):
        self.shape, self.dtype, self._read = shape, dtype, read

    def __getitem__(self, index: tuple[int, ...]) -> np.ndarray:
        return self._read()


def _reader(kind: Callable[[IO[bytes]], ImageFile.ImageFile]) -> _Reader:
    """A reader for a format class of Pillow."""

    @contextmanager
    def opened(path: Path, name: str) -> Iterator[Stack]:
        with path.open("rb") as file:
            yield _stack(kind(file), name)

    return opened


@contextmanager
def _png(path: Path, name: str) -> Iterator[Stack]:
    with path.open("rb") as file:
        header = file.read(26)
        if header[12:16] == b"IHDR" and len(header) == 26:
            width, height = struct.unpack(">II", header[16:24])
            check_pixels(height, width, name)
        file.seek(0)
        picture = PngImagePlugin.PngImageFile(file)
        if len(header) == 26 and header[24] == 16 and header[25] != 0:
            yield _deep_colour_png(path, picture, header[25] == 4, name)
        else:
            yield _stack(picture, name)


def _webp(file: IO[bytes]) -> ImageFile.ImageFile:
    if file.read(16)[8:12] != b"WEBP":
        raise ValueError("RIFF, but not WebP")
    file.seek(0)
    return WebPImagePlugin.WebPImageFile(file)


READERS: dict[bytes, _Reader] = {
    PNG: _png,
    b"\xff\xd8\xff": _reader(JpegImagePlugin.JpegImageFile),
    b"BM": _reader(BmpImagePlugin.BmpImageFile),
    WEBP: _reader(_webp),
}
"""The reader of each format, by the first bytes of its files."""


def _stack(picture: ImageFile.ImageFile, name: str) -> Stack:
    """A picture as a stack: EXIF orientation applied, transparency dropped."""
    check_pixels(picture.height, picture.width, name)
    turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    sides = (picture.width, picture.height) if turned else (picture.height, picture.width)
    mode = picture.mode
    palette = None
    if mode == "P":
        picture.load()
        palette = _palette(picture)
    grey = mode in ("P", "L", "1", "LA", "La") or mode.startswith("I")
    deep = (np.int32 if mode == "I" else np.uint16) if mode.startswith("I") else np.uint8
    pixels = _Picture(sides if grey else (*sides, 3), np.dtype(deep), lambda: _decoded(picture))
    return Stack(name, pixels, "YX" if grey else "YXC", palette=palette)


def _decoded(picture: ImageFile.ImageFile) -> np.ndarray:
    """All pixels, (Y, X) or (Y, X, 3)."""
    picture.load()
    upright: Picture = ImageOps.exif_transpose(picture)
    mode = upright.mode
    if mode in ("P", "L", "RGB") or mode.startswith("I"):
        return np.array(upright)
    return np.array(upright.convert("L" if mode in ("1", "LA", "La") else "RGB"))


def _palette(picture: Picture) -> np.ndarray:
    """Palette of a picture of mode P, uint8 (N, 3)."""
    flat = np.array(picture.convert("RGB").getpalette() or picture.getpalette("RGB"), np.uint8)
    return flat.reshape(-1, 3)


def _deep_colour_png(
    path: Path, picture: PngImagePlugin.PngImageFile, grey: bool, name: str
) -> Stack:
    """A PNG of 16 bits with colour or transparency, which Pillow would reduce to 8 bits."""
    from imagecodecs import png_decode

    check_pixels(picture.height, picture.width, name)

    def read() -> np.ndarray:
        array = png_decode(path.read_bytes())  # (Y, X, S): grey and alpha, RGB or RGBA
        return array[..., 0] if grey else array[..., :3]

    shape = (picture.height, picture.width, *(() if grey else (3,)))
    pixels = _Picture(shape, np.dtype(np.uint16), read)
    return Stack(name, pixels, "YX" if grey else "YXC")
