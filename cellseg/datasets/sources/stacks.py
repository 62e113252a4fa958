"""Multi-page TIFF files that hold one image or mask a page."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import tifffile

from cellseg.errors import CellsegError


def pages(path: Path) -> int:
    """The number of planes in a TIFF; 1 for one picture, and for any other file."""
    try:
        with tifffile.TiffFile(path) as file:
            return _planes(file)
    except Exception:
        return 1


def read_page(path: Path, name: str, page: int) -> tuple[np.ndarray, str]:
    """One plane, (Y, X) or (Y, X, 3), and its axes.

    Raises
    ------
    CellsegError
        Where the file is damaged or the plane is neither grey nor colour.
    """
    try:
        with tifffile.TiffFile(path) as file:
            series = file.series[0]
            if len(series.pages) == _planes(file):
                found = series.pages[page]
                plane = None if found is None else found.asarray()
            else:
                plane = _whole(str(path), path.stat().st_mtime_ns)[page]
    except Exception as error:
        raise CellsegError(
            f"{name} is damaged; open it in the program that made it and save it again."
        ) from error
    if plane is not None and plane.ndim == 3 and plane.shape[0] in (3, 4) < plane.shape[2:]:
        plane = np.moveaxis(plane, 0, -1)
    if plane is not None and plane.ndim == 3 and plane.shape[2] in (3, 4):
        return plane[..., :3], "YXC"
    if plane is None or plane.ndim != 2:
        raise CellsegError(f"{name} is neither grey nor colour; save the planes as such images.")
    return plane, "YX"


def _planes(file: tifffile.TiffFile) -> int:
    """How many pictures lie along the axes before Y and X; channels are none."""
    series = file.series[0]
    count = 1
    for letter, length in zip(series.axes, series.shape, strict=True):
        if letter not in "YXSC":
            count *= length
    return count if "C" not in series.axes else 1


@lru_cache(maxsize=2)
def _whole(path: str, changed: int) -> np.ndarray:
    """The pixels of a stack without a page for each plane, as ImageJ writes large ones."""
    with tifffile.TiffFile(path) as file:
        array = file.asarray()
        count = _planes(file)
    return array.reshape(count, *array.shape[array.ndim - 2 :])
