"""What a file holds: pixels with named axes, read only as far as they are asked for."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np

from cellseg.config import Frozen
from cellseg.errors import CellsegError

LEADING = "PTZ"
"""Positions (fields of view, scenes), time points and planes."""

UNKNOWN = "?"
"""An axis of which the file does not say what it is."""

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
"""What a person calls an axis."""


class Pixels(Protocol):
    """An array, or what reads one picture of a file when it is indexed by its leading axes."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @property
    def dtype(self) -> np.dtype:
        """Of the values."""

    def __getitem__(self, index: tuple[int, ...], /) -> np.ndarray:
        """The picture at an index of all axes but those of the picture."""


@runtime_checkable
class Rows(Protocol):
    """Pixels that can be read by parts of a picture too."""

    def rows(self, index: tuple[int, ...], part: slice) -> np.ndarray:
        """Some rows of the picture at an index of all axes but those of the picture."""


class StackFacts(Frozen):
    """What is known of a file before a pixel is read.

    axes : letters of P, T, Z, C, Y, X as they follow in the file, `?` where it does not say;
        a colour picture ends in YXC.
    shape : length of each axis.
    dtype : of the values, such as `uint16`.
    channel_names : one for each channel, or none.
    pixel_size_um : side of a pixel in µm; None where it is not known or pixels are not square.
    """

    axes: str
    shape: tuple[int, ...]
    dtype: str
    channel_names: tuple[str, ...] = ()
    pixel_size_um: float | None = None

    @property
    def certain(self) -> bool:
        """Whether every axis is known."""
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
    def channel_words(self) -> str:
        """The names of the channels behind a number of them: ` (DAPI, GFP)`, or nothing."""
        return f" ({', '.join(self.channel_names)})" if self.channel_names else ""

    @property
    def words(self) -> str:
        """For a person: `10 planes of 2 channels, 512 × 512 pixels`."""
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

    def renamed(self, axes: str | None, name: str) -> "StackFacts":
        """The same facts where a person says what the axes are.

        A file whose number of axes is another and known keeps its own.

        Raises
        ------
        CellsegError
            Where the letters do not fit what the file holds.
        """
        if axes is None or axes == self.axes:
            return self
        if len(axes) != len(self.axes):
            if self.certain:
                return self
            raise CellsegError(
                f"{name} holds {self.words}, which are {len(self.axes)} axes; {axes} names "
                f"{len(axes)}; give one letter of T, Z, C, Y, X for each."
            )
        fixed = self.axes[self.axes.index("Y") :] if "Y" in self.axes else ""
        if not axes.endswith(fixed):
            raise CellsegError(
                f"The axes of {name} end in {fixed}, and {axes} ends otherwise; give letters for "
                f"the {len(self.axes) - len(fixed)} axes before it only, then {fixed}."
            )
        return self.model_copy(update={"axes": axes})


@dataclass(frozen=True, eq=False)
class Stack:
    """The pixels of a file and what their axes mean.

    name : what the user calls the file.
    pixels : as stored, with the axes in the order of `axes`; 1 bit has become 0 and 255, uint8.
    axes, channel_names, pixel_size_um : as `StackFacts`; an array of known axes ends in YX or YXC.
    palette : (N, 3) uint8, the colours of the values; None without a palette.
    dark_is_high : whether high values are meant dark (TIFF "white is zero").
    """

    name: str
    pixels: Pixels
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
        """What is known without the pixels."""
        return StackFacts(
            axes=self.axes,
            shape=tuple(int(length) for length in self.pixels.shape),
            dtype=self.pixels.dtype.name,
            channel_names=self.channel_names,
            pixel_size_um=self.pixel_size_um,
        )

    @property
    def certain(self) -> bool:
        """Whether every axis is known."""
        return UNKNOWN not in self.axes

    def renamed(self, axes: str | None) -> "Stack":
        """The same pixels where a person says what the axes are; see `StackFacts.renamed`."""
        named = self.facts.renamed(axes, self.name).axes
        if not isinstance(self.pixels, np.ndarray) or not {"Y", "X"} <= set(named):
            return replace(self, axes=named)
        samples = "C" if named.endswith("YXC") else ""
        order = "".join(letter for letter in named if letter not in "YX" + samples) + "YX" + samples
        pixels = self.pixels.transpose([named.index(letter) for letter in order])
        return replace(self, axes=order, pixels=pixels)

    @property
    def in_parts(self) -> bool:
        """Whether some rows of a picture can be read without the others."""
        return isinstance(self.pixels, np.ndarray | Rows)

    def picture(
        self, index: dict[str, int], channels: Sequence[int], rows: slice = slice(None)
    ) -> np.ndarray:
        """The pixels of some channels at one place of the other axes.

        Parameters
        ----------
        index : for each axis before Y and X, by its letter; of an unknown one by its place in
            `axes`, such as `0`. What is left out is 0.
        channels : numbers of channels, from 0.
        rows : of the picture; where not `in_parts` all are read for it.

        Returns
        -------
        ndarray of shape (len(channels), Y, X), dtype as stored.

        Raises
        ------
        CellsegError
            Where the file is damaged there.
        """
        with damaged(self.name):
            if self.axes.endswith("C"):
                whole = self._read(self._at(index, None), rows)
                taken = np.stack([whole[..., channel] for channel in channels])
            elif "C" in self.axes:
                taken = np.stack(
                    [self._read(self._at(index, channel), rows) for channel in channels]
                )
            else:  # a copy, for what is mapped from a file goes with the stack
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
def damaged(name: str) -> Iterator[None]:
    """Turn whatever a library says of the bytes of a file into one sentence."""
    try:
        yield
    except CellsegError:
        raise
    except ImportError as error:
        raise CellsegError(
            f"{name} needs the package {error.name}, which cannot be loaded here; install it with "
            "pip, or save the image as a TIFF."
        ) from error
    except MemoryError:
        raise CellsegError(
            f"{name} does not fit into the memory of this machine; cut it into parts or make it "
            "smaller."
        ) from None
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise CellsegError(
            f"{name} is damaged or of an unknown kind ({reason}); open it in the program that "
            "made it and save it again."
        ) from error
