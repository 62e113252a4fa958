"""Decoding of files in a child process, so that a crash or hang becomes an error message."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images import size_limits
from cellseg.images.decoder_process import DecoderProcess, SpareProcess
from cellseg.images.example import ChoiceNeeded, ExampleFile
from cellseg.images.image import Image
from cellseg.images.stack import StackFacts
from cellseg.images.view import View

TIMEOUT = 30.0
"""Default time limit for one file, in seconds."""

START_TIMEOUT = 60.0
"""Additional time for the first file of a process, which loads its libraries, in seconds."""


BYTES_PER_SECOND = 20e6
"""File size that adds one second to the time limit, in bytes."""


@dataclass(frozen=True)
class Decoded:
    """A file that is being decoded.

    facts : from its metadata.
    count : number of images for the view.
    images : with their suffixes, decoded in chunks.
    """

    facts: StackFacts
    count: int
    images: Iterator[tuple[str, Image]]


class Decoder:
    """Decodes many files in one child process; the next call replaces a process that died.

    Used as a context manager; not by two threads at once.

    Parameters
    ----------
    timeout : seconds for one file, or for one piece of a stack that becomes many images.
    max_pixels : height times width of a file that must be decoded whole; by default as
        `cellseg.images.size_limits.max_pixels`.
    spare : where a child is taken from, and waits after; None starts one and ends it.
    """

    child = "cellseg.images.decoder_child"
    """Module that the child process runs."""

    def __init__(
        self,
        timeout: float = TIMEOUT,
        max_pixels: int | None = None,
        spare: SpareProcess | None = None,
    ) -> None:
        self._spare = spare
        self._timeout = timeout
        self._max_pixels = max_pixels
        self._folder = tempfile.TemporaryDirectory(prefix="cellseg-", ignore_cleanup_errors=True)
        self._child: DecoderProcess | None = None
        self._asked_for = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is not None and self._spare is not None and kind is None:
            self._spare.give(self._child)
        elif self._child is not None:
            self._child.end()
        self._child = None
        self._folder.cleanup()

    def describe(
        self,
        path: Path | str,
        name: str | None = None,
        view: View | None = None,
        mask: bool = False,
    ) -> StackFacts:
        """Facts of a file, as `cellseg.images.reading.describe`.

        Parameters
        ----------
        view : says what the axes are, where it does.
        mask : whether it is a mask: its numbers, not the colours of a palette.

        Raises
        ------
        CellsegError
            Also where reading it crashes or takes longer than the time limit.
        """
        answer = self._asked("describe", path, name, view, mask=mask)[0]
        return StackFacts.model_validate(answer["facts"])

    def image(
        self,
        path: Path | str,
        name: str | None = None,
        view: View | None = None,
        number: int | None = None,
    ) -> Image:
        """The only image of a file for a view, as `cellseg.images.reading.read_image`.

        Parameters
        ----------
        number : which one, from 0, where the choice makes several.

        Raises
        ------
        CellsegError
            As `describe`.
        """
        return _image(*self._asked("image", path, name, view, number=number))

    def decode(
        self, path: Path | str, name: str | None = None, view: View | None = None
    ) -> Decoded:
        """Facts of a file and all its images for a view, by one request.

        Only a file whose images are too large for one piece is opened again, once for each piece.

        Raises
        ------
        CellsegError
            As `describe`.
        """
        first = self._asked("images", path, name, view, number=0)
        facts = StackFacts.model_validate(first[0]["facts"])
        pieces = self._pieces(first, "images", path, name, view)
        images = ((suffix, _image(answer, pixels)) for suffix, answer, pixels in pieces)
        return Decoded(facts, first[0]["count"], images)

    def images(
        self, path: Path | str, name: str | None = None, view: View | None = None
    ) -> Iterator[tuple[str, Image]]:
        """All images of a file for a view, with their suffixes; raises as `describe`."""
        yield from self.decode(path, name, view).images

    def mask(
        self,
        path: Path | str,
        name: str | None = None,
        view: View | None = None,
        number: int | None = None,
    ) -> np.ndarray:
        """The only mask of a file, as `image` and `cellseg.images.reading.read_mask`."""
        return self._asked("mask", path, name, view, number=number)[1]

    def masks(
        self, path: Path | str, name: str | None = None, view: View | None = None
    ) -> Iterator[tuple[str, np.ndarray]]:
        """All masks of a file for the view of their images, as `images`."""
        request = ("masks", path, name, view)
        for suffix, _, pixels in self._pieces(self._asked(*request, number=0), *request):
            yield suffix, pixels

    def _pieces(
        self,
        first: tuple[dict[str, Any], np.ndarray],
        want: str,
        path: Path | str,
        name: str | None,
        view: View | None,
    ) -> Iterator[tuple[str, dict[str, Any], np.ndarray]]:
        """The images of the first chunk, then those of the following chunks."""
        (answer, pixels), count, done = first, first[0]["count"], 0
        del first  # a piece is freed before the next one is read
        while True:
            for suffix, one in zip(answer["suffixes"], pixels, strict=True):
                yield suffix, answer, one
            done += len(pixels)
            if done >= count:
                return
            del one, pixels
            answer, pixels = self._asked(want, path, name, view, number=done)

    def _asked(
        self, want: str, path: Path | str, name: str | None, view: View | None, **more: Any
    ) -> tuple[dict[str, Any], np.ndarray]:
        path = Path(path)
        name = name or path.name
        request = {
            "want": want,
            "path": str(path.absolute()),
            "name": name,
            "view": (view or View()).model_dump(mode="json"),
            **more,
        }
        return self.ask(request, name)

    def ask(self, request: dict[str, Any], name: str) -> tuple[dict[str, Any], np.ndarray]:
        """Send a request to the child process; returns its answer and the pixels that it wrote.

        Parameters
        ----------
        request : as `cellseg.images.decoder_child` understands it, without the target.
        name : what the user calls the file.

        Raises
        ------
        CellsegError
            Where the child says so, crashes, or takes longer than the time limit.
        """
        self._asked_for += 1
        target = Path(self._folder.name) / f"pixels-{self._asked_for}.npy"
        limit = allowed = self._timeout + _size(request) / BYTES_PER_SECOND
        if self._child is not None and self._child.has_ended:
            self._replace()
        if self._child is None and self._spare is not None:
            self._child = self._spare.take(self.child, self._max_pixels)
        if self._child is None:
            self._child = DecoderProcess(self.child, self._max_pixels)
            limit += START_TIMEOUT
        try:
            answer = self._child.ask({**request, "target": str(target)}, limit)
        except TimeoutError:
            self._replace()
            raise CellsegError(
                f"{name} could not be read within {allowed:.3g} s; it is damaged or too large; "
                "open it in the program that made it and save it again."
            ) from None
        except EOFError:
            self._replace()
            raise CellsegError(
                f"{name} made the reader crash; it is damaged or of an unusual kind; open it in "
                "the program that made it and save it again."
            ) from None
        if "facts" in answer and "error" in answer:
            example = ExampleFile(name, StackFacts.model_validate(answer["facts"]))
            raise ChoiceNeeded(answer["error"], example)
        if "error" in answer:
            raise CellsegError(answer["error"])
        if not target.exists():
            return answer, np.zeros((0, 0), np.uint8)
        if target.stat().st_size < size_limits.MAPPED_BYTES:
            pixels = np.load(target, allow_pickle=False)
        else:  # mapped: read when accessed; the file is deleted with the array
            pixels = np.asarray(np.load(target, mmap_mode="c", allow_pickle=False))
        with suppress(PermissionError):  # on Windows it goes with the folder
            target.unlink()
        return answer, pixels

    def _replace(self) -> None:
        if self._child is not None:
            self._child.kill()
        self._child = None


def _size(request: dict[str, Any]) -> int:
    """Size of the requested file in bytes; 0 where it is missing."""
    try:
        return Path(request["path"]).stat().st_size
    except (KeyError, OSError):
        return 0


def _image(answer: dict[str, Any], pixels: np.ndarray) -> Image:
    names = tuple(answer["channel_names"])
    return Image(pixels, answer["axes"], names, answer["pixel_size_um"])
