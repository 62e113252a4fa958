"""From the bytes of a file to an image or a mask of a defined form.

The format is told by the first bytes, never by the name. The size is read from the header, before
any pixel is decoded. Files that a user brought are read through `cellseg.images.decoding`.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images import pictures, tiff
from cellseg.images.image import Image
from cellseg.images.raster import MAX_PIXELS as MAX_PIXELS
from cellseg.images.raster import Raster

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"})
"""Lower-case suffixes of the files that can be read."""

NEEDED = "needed is a PNG, JPEG, BMP or TIFF file"
READERS: dict[bytes, Callable[[Path, str], Raster]] = {**pictures.READERS, **tiff.READERS}
"""The reader of each format, by the first bytes of its files."""


def read_image(path: Path | str, name: str | None = None) -> Image:
    """Read a picture.

    EXIF orientation is applied, a palette becomes RGB, transparency is dropped, 1 bit becomes
    0 and 255. uint8 and uint16 are kept; other whole numbers become uint16 where all lie in
    0..65535; everything else becomes float32, with the smallest finite value in place of values
    that are not finite.

    Parameters
    ----------
    path : where the file lies.
    name : what the user calls the file; by default the name of `path`.

    Raises
    ------
    CellsegError
        Where the file is missing, empty, damaged, too large or of another format.
    """
    name = name or Path(path).name
    raster = _raster(Path(path), name)
    array = raster.array
    if raster.palette is not None:
        array = raster.palette[np.minimum(array, len(raster.palette) - 1)]
    elif raster.dark_is_high and array.dtype.kind == "u":
        array = np.iinfo(array.dtype).max - array
    if array.dtype.kind == "c":
        raise CellsegError(f"{name} holds complex numbers; needed are plain grey or colour values.")
    array = plain_dtype(array)
    return Image(np.ascontiguousarray(array), "YX" if array.ndim == 2 else "YXC")


def read_mask(path: Path | str, name: str | None = None) -> np.ndarray:
    """Read a mask, its values as stored.

    Returns
    -------
    ndarray of shape (Y, X), dtype uint8, uint16 or uint32. A palette gives its indices, equal
    colour channels their common value, floating-point whole numbers integers, 1 bit 0 and 255.

    Raises
    ------
    CellsegError
        As `read_image`; and for a mask in colours, with fractions or with negative values.
    """
    name = name or Path(path).name
    array = _raster(Path(path), name).array
    if array.ndim == 3:
        if (array != array[..., :1]).any():
            raise CellsegError(
                f"The mask {name} is a colour picture; needed is one number for each pixel "
                "(0 = background); save it as a grey or label image."
            )
        array = array[..., 0]
    return np.ascontiguousarray(whole_numbers(array, name))


def _raster(path: Path, name: str) -> Raster:
    """Decode a file with the reader that its first bytes call for."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise CellsegError(f"The file {name} does not exist; check its name.") from None
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise CellsegError(f"The file {name} cannot be opened ({reason}).") from error
    reader = _reader(head, name)
    try:
        return reader(path, name)
    except CellsegError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise CellsegError(
            f"{name} is damaged or of an unknown kind ({reason}); {NEEDED}; open it in the "
            "program that made it and save it again."
        ) from error


def _reader(head: bytes, name: str) -> Callable[[Path, str], Raster]:
    """The function that decodes a file with these first bytes."""
    for magic, reader in READERS.items():
        if head.startswith(magic):
            return reader
    if not head:
        found = "is empty (0 bytes)"
    elif _is_text(head):
        found = "holds text, not an image"
    else:
        found = "is not an image of a known format"
    raise CellsegError(f"{name} {found}; {NEEDED}.")


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\n\r\f" for byte in head)


def plain_dtype(array: np.ndarray) -> np.ndarray:
    """The values as uint8, uint16 or finite float32; see `read_image`."""
    if array.dtype in (np.uint8, np.uint16):
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind in "iu":
        if array.size and array.min() >= 0 and array.max() <= np.iinfo(np.uint16).max:
            return array.astype(np.uint16)
        return array.astype(np.float32)
    limit = np.finfo(np.float32).max
    finite = np.isfinite(array)
    if not finite.all():
        lowest = array[finite].min() if finite.any() else 0
        array = np.where(finite, array, lowest)
    return np.clip(array, -limit, limit).astype(np.float32)


def whole_numbers(array: np.ndarray, name: str) -> np.ndarray:
    """A mask's values as uint8, uint16 or uint32; see `read_mask`."""
    if array.dtype.kind not in "iuf":
        raise CellsegError(f"The mask {name} holds {array.dtype} values; needed are whole numbers.")
    if array.dtype.kind == "f":
        fractions = array[~(np.isfinite(array) & (array == np.floor(array)))]
        if fractions.size:
            raise CellsegError(
                f"The mask {name} holds values such as {fractions[0]:.3g}; needed are whole "
                "numbers (0 = background); save it as an 8-bit or 16-bit image."
            )
    low, high = array.min(), array.max()
    if low < 0 or high > np.iinfo(np.uint32).max:
        raise CellsegError(
            f"The mask {name} holds values from {low:g} to {high:g}; needed are whole numbers "
            "from 0 (background) to 4294967295."
        )
    if array.dtype in (np.uint8, np.uint16, np.uint32):
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    return array.astype(np.uint16 if high <= np.iinfo(np.uint16).max else np.uint32)
