"""TIFF files through tifffile: plain, OME, ImageJ; one page is decoded at a time."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tifffile

from cellseg.errors import CellsegError
from cellseg.images import calibration, size_limits
from cellseg.images.size_limits import (
    check_disk,
    check_memory,
    check_pixels,
    check_sides,
)
from cellseg.images.stack import Stack

_GREY = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.MINISWHITE)
_COLOUR = (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR)
TEMPORARY_COPIES = 3
"""Number of temporary files of a large image: the page, the image, and the parent's copy."""

_LETTERS = {"R": "P", "S": "C"}
"""Axis letters of tifffile with another meaning here; other letters are unknown."""


@contextmanager
def opened(path: Path, name: str) -> Iterator[Stack]:
    """The pages of a TIFF file as one stack.

    Raises
    ------
    CellsegError
        For pictures of different sizes, a colour space other than grey, palette, RGB or CMYK, and
        pages that are too large.
    """
    with tifffile.TiffFile(path, _multifile=False) as file:
        pages = _Pages(_series(file, name), name)
        found = calibration.of_tiff(file)
        names = found.channel_names if len(found.channel_names) == pages.channels else ()
        yield Stack(
            name,
            pages,
            pages.axes,
            names,
            found.pixel_size_um,
            palette=pages.palette,
            dark_is_high=pages.dark_is_high,
        )


READERS = dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), opened)
"""The reader by the first bytes of files: little and big endian, TIFF and BigTIFF."""


def _series(file: tifffile.TiffFile, name: str) -> list[tifffile.TiffPageSeries]:
    """The series of a file, all of equal shape; reduced copies are left out."""
    found = [series for series in file.series if not series.keyframe.is_reduced]
    if not found:
        raise ValueError("no page in it")
    formats = {(series.axes, series.shape, str(series.dtype)) for series in found}
    if len(formats) > 1:
        sizes = {
            f"{series.keyframe.imagewidth} × {series.keyframe.imagelength}" for series in found
        }
        raise CellsegError(
            f"{name} has {len(found)} pages that differ in size or type "
            f"({', '.join(sorted(sizes)[:4])} pixels); cellseg needs one picture or one stack; "
            "save the page as a file of its own."
        )
    return found


class _Pages:
    """The pages of equal series as an array that is read by its leading axes.

    axes : as in `Stack`.
    """

    def __init__(self, series: list[tifffile.TiffPageSeries], name: str) -> None:
        page = series[0].keyframe
        self._series, self._name, self._page = series, name, page
        self._last: tuple[int, np.ndarray] | None = None
        self._kinds = _colours(page, name)
        _check_page(page, name)
        leading = [
            (letter, length)
            for letter, length in zip(series[0].axes, series[0].shape, strict=True)
            if letter not in "SYX"
        ]
        self._depth = page.imagedepth
        if len(series) > 1:
            of_images = series[0].kind == "ome"
            leading.insert(0, ("P" if of_images else "?", len(series)))
        leading = [(letter, length) for letter, length in leading if length > 1]
        letters = _known([letter for letter, _ in leading])
        samples = (len(self._kinds),) if len(self._kinds) > 1 else ()
        self.axes = letters + "YX" + ("C" if samples else "")
        if self.axes.count("C") > 1:
            raise CellsegError(
                f"{name} has {leading[letters.index('C')][1]} channels, each with "
                f"{len(self._kinds)} colour samples; cellseg reads RGB images or grayscale "
                "channels, but not both; save each channel as a grayscale page."
            )
        self.shape = (
            *(length for _, length in leading),
            page.imagelength,
            page.imagewidth,
            *samples,
        )
        one_bit = page.bitspersample == 1
        self.dtype = np.dtype(np.uint8 if one_bit or page.dtype == bool else page.dtype)
        self.palette = None
        if page.photometric == tifffile.PHOTOMETRIC.PALETTE and not samples:
            colours = np.asarray(page.colormap).T >> 8  # (N, 3), 16 bits each as stored
            self.palette = colours.astype(np.uint8)
        self.dark_is_high = page.photometric == tifffile.PHOTOMETRIC.MINISWHITE and not one_bit

    @property
    def channels(self) -> int:
        """Number of channels, in pages or in samples."""
        return self.shape[self.axes.index("C")] if "C" in self.axes else 1

    def __getitem__(self, index: tuple[int, ...]) -> np.ndarray:
        return self.rows(index, slice(None))

    def rows(self, index: tuple[int, ...], part: slice) -> np.ndarray:
        """Some rows of the picture at an index; see `stack.Rows`."""
        lengths = self.shape[: len(index)]
        flat = int(np.ravel_multi_index(index, lengths)) if index else 0
        place, depth = divmod(flat, self._depth)
        array = self._decoded(place)
        taken = (array[depth] if self._depth > 1 else array)[part]
        return _samples(taken, self._page, self._kinds)

    def _decoded(self, place: int) -> np.ndarray:
        """The page at a position in the order of the leading axes, with samples last."""
        if self._last is not None and self._last[0] == place:
            return self._last[1]
        count = max(1, math.prod(self._series[0].shape) // self._page.size)
        array = self._of(self._series[place // count], place % count, count)
        if array.shape != self._page.shape:
            raise ValueError("pixels are missing")
        if self._page.axes.startswith("S"):
            array = np.moveaxis(array, 0, -1)
        self._last = (place, array)
        return array

    def _of(self, series: tifffile.TiffPageSeries, number: int, count: int) -> np.ndarray:
        if series.is_truncated and series.dataoffset is not None:  # pages without a header each
            shape = (count, *self._page.shape)
            handle = self._page.parent.filehandle
            dtype = self._page.parent.byteorder + self._page.dtype.char
            return np.array(handle.memmap_array(dtype, shape, series.dataoffset)[number])
        page = series[number] if number < len(series) else None
        if page is None:  # listed in the metadata, not in the file
            raise CellsegError(
                f"Page {number} is missing in {self._name}; the file is truncated, or one of "
                "several files that belong together; save it as one file."
            )
        if page.nbytes < size_limits.MAPPED_BYTES:
            return page.asarray()
        return page.asarray(
            out="memmap", buffersize=size_limits.CHUNK_BYTES
        )  # strip by strip, tile by tile


def _known(letters: list[str]) -> str:
    """Axis letters of tifffile as P, T, Z, C; `?` for unknown and repeated ones."""
    found = ""
    for letter in letters:
        letter = _LETTERS.get(letter, letter)
        found += letter if letter in "PTZC" and letter not in found else "?"
    return found


def _check_page(page: tifffile.TiffPage, name: str) -> None:
    """Refuse a page that is too large; for tiled pages, the limit holds for a tile or strip."""
    check_sides(page.imagelength, page.imagewidth, name)
    pieces = math.prod(page.chunked)
    if pieces > 1 and len(page.dataoffsets) == pieces:  # each tile or strip by itself
        check_pixels(1, math.prod(page.chunks), name)
        if page.dtype in (np.uint8, np.uint16) and page.nbytes >= size_limits.MAPPED_BYTES:
            check_disk(TEMPORARY_COPIES * page.nbytes, name)
            return
    else:
        check_pixels(page.imagelength, page.imagewidth, name)
    check_memory(page.size * page.dtype.itemsize, name)


def _colours(page: tifffile.TiffPage, name: str) -> list[int]:
    """The samples of a pixel that are used: all but transparency; of CMYK the three for RGB."""
    samples = page.samplesperpixel
    extra = [int(kind) for kind in page.extrasamples]
    first = samples - len(extra)
    kept = [s for s in range(samples) if s < first or extra[s - first] == 0]
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE and len(kept) == 1:
        return kept
    if page.photometric == tifffile.PHOTOMETRIC.SEPARATED and len(kept) == 4:
        return [0, 1, 2]
    if page.photometric in _COLOUR and samples in (3, 4):
        return [0, 1, 2]
    if page.photometric in _GREY + _COLOUR and kept:
        return kept
    space = getattr(page.photometric, "name", "unknown")
    raise CellsegError(
        f"{name} has the colour space {space}; cellseg reads grey, RGB and CMYK; save it as RGB."
    )


def _samples(array: np.ndarray, page: tifffile.TiffPage, kept: list[int]) -> np.ndarray:
    """The used samples of (…, Y, X) or (…, Y, X, S) as stored."""
    if array.dtype == bool:  # 1 bit a pixel: 255 where it is shown bright
        dark = page.photometric == tifffile.PHOTOMETRIC.MINISWHITE
        array = np.where(array != dark, np.uint8(255), np.uint8(0))
    if page.samplesperpixel == 1:
        return array
    if page.photometric == tifffile.PHOTOMETRIC.SEPARATED:
        return _rgb_of_cmyk(array[..., :4])
    return array[..., kept[0]] if len(kept) == 1 else array[..., kept]


def _rgb_of_cmyk(array: np.ndarray) -> np.ndarray:
    """Convert CMYK to RGB = (1 - CMY) (1 - K), in the integer dtype of the array."""
    full = np.float32(np.iinfo(array.dtype).max)
    paper = 1 - array.astype(np.float32) / full
    return np.round(paper[..., :3] * paper[..., 3:] * full).astype(array.dtype)
