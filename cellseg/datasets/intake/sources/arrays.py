"""Images and masks in the arrays X and y of an .npz file, as DeepCell writes them."""

import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from cellseg.errors import CellsegError

NAMES = {"image": ("X", "x"), "mask": ("y", "Y")}
"""Names of the arrays with images and with masks."""


@dataclass(frozen=True, eq=False)
class _Array:
    """An array inside an open .npz, read row by row."""

    file: IO[bytes]
    shape: tuple[int, ...]
    dtype: np.dtype
    start: int

    def row(self, number: int) -> np.ndarray:
        size = int(np.prod(self.shape[1:])) * self.dtype.itemsize
        self.file.seek(self.start + number * size)
        content = self.file.read(size)
        return np.frombuffer(content, self.dtype).reshape(self.shape[1:])


def row_count(path: Path, name: str) -> int | None:
    """Number of images in an .npz with the arrays X and y; None for any other .npz.

    Raises
    ------
    CellsegError
        Where X and y differ in number, height or width.
    """
    images, masks = (_opened(str(path), role) for role in ("image", "mask"))
    if images is None or masks is None:
        return None
    if len(images.shape) < 3 or len(masks.shape) < 3 or images.shape[:3] != masks.shape[:3]:
        raise CellsegError(
            f"{name} has X of shape {_times(images.shape)} and y of shape {_times(masks.shape)}; "
            "cellseg needs as many masks as images, of equal height and width."
        )
    return images.shape[0]


def read_row(path: Path, name: str, role: str, row: int) -> tuple[np.ndarray, str]:
    """Read one image (Y, X) or (Y, X, 3), or one mask (Y, X), and its axes.

    Of two channels, the first becomes red and the second green. Of several masks, such as whole
    cell and nucleus, the first is used.

    Raises
    ------
    CellsegError
        Where the array cannot be read or has too many channels.
    """
    found = _opened(str(path), role)
    try:
        if found is None:
            raise ValueError("no such array")
        plane = found.row(row)
    except Exception as error:
        raise CellsegError(f"{name} is damaged; save the arrays X and y again.") from error
    if plane.ndim == 3 and (role == "mask" or plane.shape[2] == 1):
        plane = plane[..., 0]
    if plane.ndim == 3 and plane.shape[2] == 2:
        plane = np.concatenate([plane, np.zeros_like(plane[..., :1])], axis=2)
    if plane.ndim not in (2, 3) or (plane.ndim == 3 and plane.shape[2] != 3):
        raise CellsegError(
            f"{name} has images of shape {_times(found.shape[1:])}; cellseg needs 1 to 3 channels "
            "in the last axis."
        )
    return plane, "YX" if plane.ndim == 2 else "YXC"


@lru_cache(maxsize=4)
def _opened(path: str, role: str) -> _Array | None:
    """The array, or None without a numeric array in C order."""
    try:
        archive = zipfile.ZipFile(path)
        names = [name for name in NAMES[role] if f"{name}.npy" in archive.namelist()]
        if not names:
            return None
        file = archive.open(f"{names[0]}.npy")
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, by_columns, dtype = read(file)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError):
        return None
    if by_columns or dtype.kind not in "biuf":
        return None
    return _Array(file, tuple(int(side) for side in shape), dtype, file.tell())


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(side) for side in shape)
