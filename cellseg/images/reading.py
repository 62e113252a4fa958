"""Reading of image files.

The first bytes decide the format, not the name. Sizes come from the header, before any pixel is
decoded, and only the requested planes of a stack are read. `cellseg.images.decoding` reads the
files of users in a child process.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images import (
    extraction,
    nikon,
    numpy_files,
    pillow_files,
    tiff,
    zeiss,
)
from cellseg.images.image import Image
from cellseg.images.stack import Stack, StackFacts, damage_errors
from cellseg.images.view import View

EXTENSIONS = frozenset(
    ".png .jpg .jpeg .bmp .webp .tif .tiff .czi .nd2 .npy .npz".split(),
)
"""Suffixes of readable files, in lower case."""

NEEDED = "cellseg reads TIFF, CZI, ND2, PNG, JPEG, BMP, WebP and NPY files"

T = TypeVar("T")
Reader = Callable[[Path, str], AbstractContextManager[Stack]]
READERS: dict[bytes, Reader] = {
    **pillow_files.READERS,
    **tiff.READERS,
    **zeiss.READERS,
    **nikon.READERS,
    **numpy_files.READERS,
}
"""The reader of each format, by the first bytes of its files."""


@contextmanager
def opened(path: Path | str, name: str | None = None) -> Iterator[Stack]:
    """Open a file as a stack within a `with` block; pixels are read on request.

    EXIF orientation is applied, transparency is dropped, CMYK becomes RGB, 1 bit becomes 0 and
    255.

    Parameters
    ----------
    path : of the file.
    name : of the file in messages; by default the name of `path`.

    Raises
    ------
    CellsegError
        Where the file is missing, empty, damaged, too large or in another format.
    """
    path = Path(path)
    name = name or path.name
    reader = _reader(_head(path, name), name)
    with ExitStack() as resources:
        with damage_errors(name):
            stack = resources.enter_context(reader(path, name))
        yield stack


def describe(path: Path | str, name: str | None = None) -> StackFacts:
    """Facts of a file from its metadata.

    Raises
    ------
    CellsegError
        As `opened`.
    """
    with opened(path, name) as stack:
        return extraction.facts_of(stack, View())


def planes(path: Path | str, name: str | None = None) -> int:
    """Number of pictures in a file: all planes, time points, positions and pages.

    Raises
    ------
    CellsegError
        As `opened`.
    """
    return describe(path, name).planes


def read_images(
    path: Path | str, name: str | None = None, view: View | None = None
) -> list[tuple[str, Image]]:
    """All images of a file for a view, with their suffixes; see `extraction.images`.

    Raises
    ------
    CellsegError
        As `opened` and `extraction.images`.
    """
    with opened(path, name) as stack:
        return list(extraction.images(stack, view or View()))


def read_image(path: Path | str, name: str | None = None, view: View | None = None) -> Image:
    """The only image of a file for a view; see `extraction.images`.

    Raises
    ------
    CellsegError
        As `read_images`, and where there are several.
    """
    with opened(path, name) as stack:
        return _only(extraction.images(stack, view or View()), stack.name)


def read_masks(
    path: Path | str, name: str | None = None, view: View | None = None
) -> list[tuple[str, np.ndarray]]:
    """All masks of a file for the view of their images; see `extraction.masks`.

    Raises
    ------
    CellsegError
        As `opened` and `extraction.masks`.
    """
    with opened(path, name) as stack:
        return list(extraction.masks(stack, view or View()))


def read_mask(path: Path | str, name: str | None = None, view: View | None = None) -> np.ndarray:
    """The only mask of a file for the view of its image, (Y, X); see `extraction.masks`.

    Raises
    ------
    CellsegError
        As `read_masks`, and where there are several.
    """
    with opened(path, name) as stack:
        return _only(extraction.masks(stack, view or View()), stack.name)


def _only(found: Iterator[tuple[str, T]], name: str) -> T:
    """The first image or mask, where there is no other."""
    suffix, first = next(found)
    if suffix:
        raise CellsegError(several_images_message(name))
    return first


def several_images_message(name: str) -> str:
    """Message about a file with several images where one is needed."""
    return f"{name} has several images, and cellseg needs one; choose a plane or a projection."


def _head(path: Path, name: str) -> bytes:
    """The first bytes of a file."""
    try:
        with path.open("rb") as file:
            return file.read(512)
    except FileNotFoundError:
        raise CellsegError(f"The file {name} does not exist; check its name.") from None
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise CellsegError(f"The file {name} cannot be opened ({reason}).") from error


def _reader(head: bytes, name: str) -> Reader:
    """The reader of a file with these first bytes."""
    for magic, reader in READERS.items():
        if head.startswith(magic):
            return reader
    if not head:
        found = "is empty (0 bytes)"
    elif _is_text(head):
        found = "contains text, not an image"
    else:
        found = "is not in a known image format"
    raise CellsegError(f"{name} {found}; {NEEDED}.")


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\n\r\f" for byte in head)
