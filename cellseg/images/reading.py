"""From the bytes of a file to images and masks of a defined form.

The format is told by the first bytes, never by the name. Sizes are read from the header, before
any pixel is decoded, and of a stack only the planes that are asked for are read. Files that a user
brought are read through `cellseg.images.decoding`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images import (
    arrays,
    extraction,
    nikon,
    pictures,
    tiff,
    zeiss,
)
from cellseg.images.image import Image
from cellseg.images.stack import Stack, StackFacts, damaged
from cellseg.images.view import View

EXTENSIONS = frozenset(
    ".png .jpg .jpeg .bmp .webp .tif .tiff .czi .nd2 .npy .npz".split(),
)
"""Lower-case suffixes of the files that can be read."""

NEEDED = "needed is a TIFF, CZI, ND2, PNG, JPEG, BMP, WebP or NPY file"

T = TypeVar("T")
Reader = Callable[[Path, str], AbstractContextManager[Stack]]
READERS: dict[bytes, Reader] = {
    **pictures.READERS,
    **tiff.READERS,
    **zeiss.READERS,
    **nikon.READERS,
    **arrays.READERS,
}
"""The reader of each format, by the first bytes of its files."""


@contextmanager
def opened(path: Path | str, name: str | None = None) -> Iterator[Stack]:
    """A file as a stack, for as long as the block lasts; pixels are read when asked for.

    EXIF orientation is applied, transparency is dropped, CMYK becomes RGB, 1 bit becomes 0 and
    255.

    Parameters
    ----------
    path : where the file lies.
    name : what the user calls the file; by default the name of `path`.

    Raises
    ------
    CellsegError
        Where the file is missing, empty, damaged, too large or of another format.
    """
    path = Path(path)
    name = name or path.name
    reader = _reader(_head(path, name), name)
    with ExitStack() as held:
        with damaged(name):
            stack = held.enter_context(reader(path, name))
        yield stack


def describe(path: Path | str, name: str | None = None) -> StackFacts:
    """What a file holds, without reading its pixels.

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
    """All images that a choice makes of a file, with their suffixes; see `extraction.images`.

    Raises
    ------
    CellsegError
        As `opened` and `extraction.images`.
    """
    with opened(path, name) as stack:
        return list(extraction.images(stack, view or View()))


def read_image(path: Path | str, name: str | None = None, view: View | None = None) -> Image:
    """The one image that a choice makes of a file; see `extraction.images`.

    Raises
    ------
    CellsegError
        As `read_images`; and where the choice makes several.
    """
    with opened(path, name) as stack:
        return _only(extraction.images(stack, view or View()), stack.name)


def read_masks(
    path: Path | str, name: str | None = None, view: View | None = None
) -> list[tuple[str, np.ndarray]]:
    """All masks that the choice of their images makes of a file; see `extraction.masks`.

    Raises
    ------
    CellsegError
        As `opened` and `extraction.masks`.
    """
    with opened(path, name) as stack:
        return list(extraction.masks(stack, view or View()))


def read_mask(path: Path | str, name: str | None = None, view: View | None = None) -> np.ndarray:
    """The one mask that the choice of its image makes of a file, (Y, X); see `extraction.masks`.

    Raises
    ------
    CellsegError
        As `read_masks`; and where the choice makes several.
    """
    with opened(path, name) as stack:
        return _only(extraction.masks(stack, view or View()), stack.name)


def _only(found: Iterator[tuple[str, T]], name: str) -> T:
    """The first of what a choice makes of a file, where there is no other."""
    suffix, first = next(found)
    if suffix:
        raise CellsegError(several(name))
    return first


def several(name: str) -> str:
    """What is said of a file that is several images where one is needed."""
    return f"{name} holds several images, and one is needed here; choose a plane or a projection."


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
    """The function that opens a file with these first bytes."""
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
