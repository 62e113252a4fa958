"""Limits of image size, memory and disk that readers check before they decode."""

import os
import shutil
import tempfile

import psutil

from cellseg.errors import CellsegError

MAX_PIXELS = 100_000_000
"""Default of the largest height times width of a file that must be decoded whole."""

VARIABLE = "CELLSEG_MAX_PIXELS"
"""Environment variable that overrides `MAX_PIXELS`."""

MAX_PLANES = 10_000
"""Most images of one file."""

CHUNK_BYTES = 64_000_000
"""Size at which images of a stack are passed on, in bytes."""

MAPPED_BYTES = 256_000_000
"""Size from which pixels are stored in a memory-mapped file, in bytes."""

_SHARE_OF_MEMORY = 0.8


def max_pixels() -> int:
    """Largest height times width of a file that must be decoded whole."""
    try:
        return int(os.environ[VARIABLE])
    except (KeyError, ValueError):
        return MAX_PIXELS


def check_pixels(height: int, width: int, name: str) -> None:
    """Refuse an image that is too large to be decoded whole.

    Raises
    ------
    CellsegError
        For more than `max_pixels`, or where a side is 0.
    """
    check_sides(height, width, name)
    most = max_pixels()
    if height * width > most:
        raise CellsegError(
            f"{name} has {width} × {height} pixels, {height * width / 1e6:,.0f} megapixels; "
            f"cellseg reads at most {most / 1e6:,.0f}; crop it, reduce its size, or save it as a "
            "tiled TIFF."
        )


def check_sides(height: int, width: int, name: str) -> None:
    """Refuse an image without pixels."""
    if height < 1 or width < 1:
        raise CellsegError(f"{name} has no pixels ({width} × {height}); save the image again.")


def check_memory(size: int, name: str) -> None:
    """Refuse an array that does not fit into the free memory; size in bytes."""
    free = psutil.virtual_memory().available
    if size > _SHARE_OF_MEMORY * free:
        raise CellsegError(
            f"{name} needs {size / 1e9:,.1f} GB of memory, and {free / 1e9:.1f} GB are free; crop "
            "it or reduce its size."
        )


def check_disk(size: int, name: str) -> None:
    """Refuse a file that does not fit into the folder of temporary files; size in bytes."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > free:
        raise CellsegError(
            f"{name} needs {size / 1e9:,.1f} GB of temporary disk space, and {free / 1e9:.1f} GB "
            "are free; free some space, or set the environment variable TMPDIR to another folder."
        )
