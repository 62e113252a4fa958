"""The size at which a reader stops, because a file must be decoded whole."""

import os
import shutil
import tempfile

import psutil

from cellseg.errors import CellsegError

MAX_PIXELS = 100_000_000
"""Largest height times width of a file that must be decoded whole, unless set otherwise."""

VARIABLE = "CELLSEG_MAX_PIXELS"
"""Environment variable that sets another number."""

MAX_PLANES = 10_000
"""Most images that are made of one file."""

PIECE = 64_000_000
"""Bytes after which the images of a stack are handed on."""

MAPPED = 256_000_000
"""Bytes from which pixels lie in a file that is mapped into memory, where they can be read by
pieces."""

_SHARE_OF_MEMORY = 0.8


def max_pixels() -> int:
    """Largest height times width of a file that must be decoded whole."""
    try:
        return int(os.environ[VARIABLE])
    except (KeyError, ValueError):
        return MAX_PIXELS


def check_pixels(height: int, width: int, name: str) -> None:
    """Refuse, from its header, a picture that is too large to be decoded whole.

    Raises
    ------
    CellsegError
        Beyond `max_pixels`, or where a side is zero.
    """
    check_sides(height, width, name)
    most = max_pixels()
    if height * width > most:
        raise CellsegError(
            f"{name} has {width} × {height} pixels, {height * width / 1e6:,.0f} megapixels; at "
            f"most {most / 1e6:,.0f} can be read; cut it into parts, make it smaller, or save it "
            "as a tiled TIFF."
        )


def check_sides(height: int, width: int, name: str) -> None:
    """Refuse a picture without pixels."""
    if height < 1 or width < 1:
        raise CellsegError(f"{name} has no pixels ({width} × {height}); save the image again.")


def check_memory(size: int, name: str) -> None:
    """Refuse what would not fit into the free memory of the machine; size in bytes."""
    free = psutil.virtual_memory().available
    if size > _SHARE_OF_MEMORY * free:
        raise CellsegError(
            f"{name} needs {size / 1e9:,.1f} GB of memory at once and {free / 1e9:.1f} GB are "
            "free; cut it into parts or make it smaller."
        )


def check_disk(size: int, name: str) -> None:
    """Refuse what would not fit into the folder of temporary files; size in bytes."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > free:
        raise CellsegError(
            f"{name} needs {size / 1e9:,.1f} GB of the disk for a while and {free / 1e9:.1f} GB "
            "are free; free some space, or name another folder by the environment variable TMPDIR."
        )
