"""The content of an image file: pixels with named axes, read on request."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from cellseg.config import Frozen
from cellseg.errors import CellsegError

UNKNOWN = "?"
"""Letter of an axis whose meaning the file does not tell."""

LETTERS = frozenset("PTZCYX")

WORDS = {
    "P": "position",
    "T": "time point",
    "Z": "plane",
    "C": "channel",
    "Y": "row",
    "X": "column",
    UNKNOWN: "page",
}
"""Name of each axis in sentences."""


class PixelReader(Protocol):
    """An array, or an object that reads one picture when indexed by the leading axes."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""

    def __getitem__(self, index: tuple[int, ...], /) -> np.ndarray:
        """The picture at an index of all axes but those of the picture."""


@runtime_checkable
class Rows(Protocol):
    """Pixels of which some rows of a picture can be read without the others."""

    def rows(self, index: tuple[int, ...], part: slice) -> np.ndarray:
        """Some rows of the picture at an index of all axes but those of the picture."""


class StackFacts(Frozen):
    """Facts of a file from its metadata.

    axes : letters P, T, Z, C, Y, X in the order of the file, `?` for an unknown axis; a colour
        picture ends in YXC.
    shape : length of each axis.
    dtype : of the values, such as `uint16`.
    channel_names : one for each channel, or empty.
    pixel_size_um : side of a pixel in µm; None where it is unknown or pixels are not square.
    """

    axes: str
    shape: tuple[int, ...]
    dtype: str
    channel_names: tuple[str, ...] = ()
    pixel_size_um: float | None = None

    @property
    def axes_known(self) -> bool:
        """Whether the meaning of every axis is known."""
        return UNKNOWN not in self.axes

    @property
    def colour(self) -> bool:
        """Whether the channels are those of a colour picture."""
        return self.axes.endswith("YXC") and self.length("C") == 3

    @property
    def channels(self) -> int:
        """Number of channels; 1 where there is no such axis."""
        return self.length("C")

    @property
    def planes(self) -> int:
        """Number of pictures: all planes of all time points and positions."""
        return math.prod(
            length
            for letter, length in zip(self.axes, self.shape, strict=True)
            if letter not in "CYX"
        )

    @property
    def height(self) -> int:
        """Rows, in pixels."""
        return self.length("Y")

    @property
    def width(self) -> int:
        """Columns, in pixels."""
        return self.length("X")

    def length(self, letter: str) -> int:
        """Length of an axis; 1 where there is none."""
        return self.shape[self.axes.index(letter)] if letter in self.axes else 1

    @property
    def channel_suffix(self) -> str:
        """The names of the channels in brackets, ` (DAPI, GFP)`; empty without names."""
        return f" ({', '.join(self.channel_names)})" if self.channel_names else ""

    @property
    def description(self) -> str:
        """The content in words: `10 planes of 2 channels, 512 × 512 pixels`."""
        counted = []
        for letter, length in zip(self.axes, self.shape, strict=True):
            if letter == "C" and self.colour:
                counted.append("a colour picture")
            elif letter not in "YX" and (length > 1 or letter == UNKNOWN):
                counted.append(f"{length} {WORDS[letter]}{'s' if length != 1 else ''}")
        if "Y" not in self.axes:
            return f"an array of {' × '.join(str(length) for length in self.shape)}"
        size = f"{self.width} × {self.height} pixels"
        return ", ".join([" of ".join(counted), size] if counted else [size])

    def with_axes(self, axes: str | None, name: str) -> "StackFacts":
        """The facts with the axes that the user named.

        A file with known axes of another number keeps its own.

        Parameters
        ----------
        axes : letters for all axes; None keeps those of the file.
        name : of the file in messages.

        Raises
        ------
        CellsegError
            Where the letters do not fit the file.
        """
        if axes is None or axes == self.axes:
            return self
        if len(axes) != len(self.axes):
            if self.axes_known:
                return self
            raise CellsegError(
                f"{name} has {len(self.axes)} axes ({self.description}), and {axes} names "
                f"{len(axes)}; give one letter of T, Z, C, Y, X for each axis."
            )
        fixed = self.axes[self.axes.index("Y") :] if "Y" in self.axes else ""
        if not axes.endswith(fixed):
            raise CellsegError(
                f"The axes of {name} end in {fixed}, those of {axes} do not; give letters for the "
                f"first {len(self.axes) - len(fixed)} axes, then {fixed}."
            )
        return self.model_copy(update={"axes": axes})


@dataclass(frozen=True, eq=False)
class Stack:
    """The pixels of a file and the meaning of their axes.

    name : of the file.
    pixels : as stored, with the axes in the order of `axes`; 1 bit has become 0 and 255, uint8.
    axes, channel_names, pixel_size_um : as in `StackFacts`; known axes of an array end in YX or
        YXC.
    palette : (N, 3) uint8, the colours of the values; None without a palette.
    dark_is_high : whether high values are dark (TIFF "white is zero").
    """

    name: str
    pixels: PixelReader
    axes: str
    channel_names: tuple[str, ...] = ()
    pixel_size_um: float | None = None
    palette: np.ndarray | None = None
    dark_is_high: bool = False

    def __post_init__(self) -> None:
        if len(self.axes) != len(self.pixels.shape):
            raise ValueError(f"axes {self.axes} do not fit an array of {self.pixels.shape}")

    @property
    def facts(self) -> StackFacts:
        """Facts from the metadata."""
        return StackFacts(
            axes=self.axes,
            shape=tuple(int(length) for length in self.pixels.shape),
            dtype=self.pixels.dtype.name,
            channel_names=self.channel_names,
            pixel_size_um=self.pixel_size_um,
        )

    def with_axes(self, axes: str | None) -> "Stack":
        """The stack with the axes that the user named; see `StackFacts.with_axes`."""
        named = self.facts.with_axes(axes, self.name).axes
        if not isinstance(self.pixels, np.ndarray) or not {"Y", "X"} <= set(named):
            return replace(self, axes=named)
        samples = "C" if named.endswith("YXC") else ""
        order = "".join(letter for letter in named if letter not in "YX" + samples) + "YX" + samples
        pixels = self.pixels.transpose([named.index(letter) for letter in order])
        return replace(self, axes=order, pixels=pixels)

    @property
    def row_access(self) -> bool:
        """Whether some rows of a picture can be read without the others."""
        return isinstance(self.pixels, np.ndarray | Rows)

    def picture(
        self, index: dict[str, int], channels: Sequence[int], rows: slice = slice(None)
    ) -> np.ndarray:
        """Some channels of one picture.

        Parameters
        ----------
        index : of each axis before Y and X, by its letter, or by its position in `axes`, such as
            `0`, for an unknown one; 0 where left out.
        channels : numbers of channels, from 0.
        rows : of the picture; without `row_access` all rows are read.

        Returns
        -------
        ndarray of shape (len(channels), Y, X), dtype as stored.

        Raises
        ------
        CellsegError
            Where the file is damaged.
        """
        with damage_errors(self.name):
            if self.axes.endswith("C"):
                whole = self._read(self._at(index, None), rows)
                taken = np.stack([whole[..., channel] for channel in channels])
            elif "C" in self.axes:
                taken = np.stack(
                    [self._read(self._at(index, channel), rows) for channel in channels]
                )
            else:  # a copy, since the mapped file is closed with the stack
                taken = np.array(self._read(self._at(index, None), rows))[np.newaxis]
            if taken.ndim != 3 or not taken.size:
                raise ValueError("pixels are missing")
        return taken

    def _read(self, place: tuple[int, ...], rows: slice) -> np.ndarray:
        """The rows of the picture at an index of the leading axes."""
        if isinstance(self.pixels, Rows):
            return self.pixels.rows(place, rows)
        return self.pixels[place][rows]

    def _at(self, index: dict[str, int], channel: int | None) -> tuple[int, ...]:
        """The index of the leading axes."""
        found = []
        for place, letter in enumerate(self.axes[: self.axes.index("Y")]):
            if letter == "C" and channel is not None:
                found.append(channel)
            else:
                found.append(index.get(str(place) if letter == UNKNOWN else letter, 0))
        return tuple(found)


@contextmanager
def damage_errors(name: str) -> Iterator[None]:
    """Turn any error of a library that reads a file into a `CellsegError`."""
    try:
        yield
    except CellsegError:
        raise
    except ImportError as error:
        raise CellsegError(
            f"{name} needs the package {error.name}, which cannot be loaded; install it with pip, "
            "or save the image as a TIFF."
        ) from error
    except MemoryError:
        raise CellsegError(
            f"{name} does not fit into the memory of this machine; crop it or reduce its size."
        ) from None
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise CellsegError(
            f"{name} is damaged or in an unknown format ({reason}); open it in the program that "
            "made it and save it again."
        ) from error
