"""NumPy files: the array of an NPY file, or the only array of an NPZ file; no pickles."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images.size_limits import check_memory, check_pixels
from cellseg.images.stack import UNKNOWN, Stack


@contextmanager
def _npy(path: Path, name: str) -> Iterator[Stack]:
    with path.open("rb") as file:
        shape, dtype = _header(file)
    axes = axes_of(shape, dtype, name)
    yield Stack(name, np.load(path, mmap_mode="r", allow_pickle=False), axes)


@contextmanager
def _npz(path: Path, name: str) -> Iterator[Stack]:
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
        if not members:
            raise CellsegError(f"{name} is a zip without an array; unpack it and add its images.")
        if len(members) != 1:
            names = ", ".join(info.filename.removesuffix(".npy") for info in members[:4])
            raise CellsegError(
                f"{name} has {len(members)} arrays ({names}); cellseg needs one array with an "
                "image; save each as an NPY file of its own."
            )
        with archive.open(members[0]) as file:
            shape, dtype = _header(file)
        axes = axes_of(shape, dtype, name)
        size = int(np.prod(shape, dtype=np.int64))
        check_memory(size * dtype.itemsize, name)
        if len(shape) == 2:
            check_pixels(shape[0], shape[1], name)
        else:
            check_pixels(1, size, name)
        with archive.open(members[0]) as file:
            pixels = np.lib.format.read_array(file, allow_pickle=False)
    yield Stack(name, pixels, axes)


READERS = {b"\x93NUMPY": _npy, b"PK\x03\x04": _npz}
"""The reader of each format, by the first bytes of its files."""


def axes_of(shape: tuple[int, ...], dtype: np.dtype, name: str) -> str:
    """Axes of an array without metadata: YX, YXC for three colours in the last axis, or unknown.

    Raises
    ------
    CellsegError
        Where it cannot be an image.
    """
    if dtype.kind not in "buif":
        what = "Python objects" if dtype.kind == "O" else f"{dtype} values"
        raise CellsegError(
            f"{name} contains {what}; cellseg needs an array of numbers; save the image itself."
        )
    if not 2 <= len(shape) <= 5 or 0 in shape:
        raise CellsegError(
            f"{name} has an array of shape {shape}; cellseg needs 2 to 5 axes, none empty; save "
            "one image or stack in it."
        )
    if len(shape) == 2:
        return "YX"
    if len(shape) == 3 and shape[2] == 3 and min(shape[:2]) > 4:
        return "YXC"
    return UNKNOWN * len(shape)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype, from the header."""
    version = np.lib.format.read_magic(file)
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read(file)
    return shape, dtype
