"""The choice of what of a file is looked at: axes, channels, plane, time point."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from cellseg.config import Frozen
from cellseg.errors import CellsegError
from cellseg.images.limits import MAX_PLANES
from cellseg.images.stack import (
    LETTERS,
    UNKNOWN,
    WORDS,
    StackFacts,
)

Number = Annotated[int, Field(ge=0)]
Projection = Literal["max", "mean"]

_TAGS = {"P": "p", "T": "t", "Z": "z", UNKNOWN: "n"}


@dataclass(frozen=True)
class Offer:
    """A file of which there is something to choose.

    name : what the user calls it. path : where its bytes lie, as long as they do.
    """

    name: str
    facts: StackFacts
    path: Path | None = None


class ChoiceNeeded(CellsegError):
    """A file does not say what its axes are, so that a person must.

    offer : the file.
    """

    def __init__(self, sentence: str, offer: Offer) -> None:
        super().__init__(sentence)
        self.offer = offer


class View(Frozen):
    """What is taken of each file; all numbers count from 0.

    Without a choice a single picture is itself, one channel is grey, two or three channels are
    red, green and blue in their order, of more the first three; of planes the maximum is taken,
    of time points and positions the first.

    axes : a letter of P, T, Z, C, Y, X for each axis as it lies in the file; None trusts the file.
    channels : one for grey, or those for red, green and blue, where None is left black.
    plane : of a Z stack. projection : along Z, in place of a plane.
    time, position : the time point and the field of view.
    expand : one image for each plane, time point and position that is not chosen.
    """

    axes: str | None = None
    channels: tuple[Number | None, ...] | None = None
    plane: Number | None = None
    projection: Projection | None = None
    time: Number | None = None
    position: Number | None = None
    expand: bool = False

    @field_validator("axes")
    @classmethod
    def _letters(cls, axes: str | None) -> str | None:
        if axes is None:
            return None
        if not {"Y", "X"} <= set(axes) <= LETTERS or len(set(axes)) != len(axes):
            raise ValueError("give each of T, Z, C, Y, X at most once, and Y and X always")
        return axes

    @field_validator("channels")
    @classmethod
    def _grey_or_colour(
        cls, channels: tuple[int | None, ...] | None
    ) -> tuple[int | None, ...] | None:
        if channels is None:
            return None
        if len(channels) not in (1, 3) or all(channel is None for channel in channels):
            raise ValueError("give one channel for grey, or three for red, green and blue")
        return channels

    @model_validator(mode="after")
    def _plane_or_projection(self) -> "View":
        if self.plane is not None and self.projection is not None:
            raise ValueError("give a plane or a projection, not both")
        return self

    @property
    def words(self) -> str:
        """The choice for a person; empty where nothing is chosen."""
        said = []
        if self.axes:
            said.append(f"axes {self.axes}")
        if self.channels is not None and len(self.channels) == 1:
            said.append(f"channel {self.channels[0]} as grey")
        elif self.channels is not None:
            colours = zip(self.channels, ("red", "green", "blue"), strict=True)
            said.append(
                ", ".join(f"channel {c} as {colour}" for c, colour in colours if c is not None)
            )
        if self.plane is not None:
            said.append(f"plane {self.plane}")
        if self.projection is not None:
            said.append(f"the {_PROJECTIONS[self.projection]} along Z")
        if self.time is not None:
            said.append(f"time point {self.time}")
        if self.position is not None:
            said.append(f"position {self.position}")
        if self.expand:
            said.append("one image for each plane or time point")
        return ", ".join(said)

    @property
    def each(self) -> "View":
        """The same choice, with an image for each plane where it says nothing of planes."""
        told = (self.plane, self.projection, self.time, self.position)
        if self.expand or any(choice is not None for choice in told):
            return self
        return self.model_copy(update={"expand": True})

    def over(self, other: "View") -> "View":
        """The same choice, and where it says nothing that of another one."""
        said = self.model_dump(exclude_defaults=True)
        left = other.model_dump(exclude_defaults=True)
        gone = {"plane", "projection", "time", "position"} if self.expand else set()
        if {"plane", "projection"} & set(said):
            gone |= {"plane", "projection"}
        return View(**{key: value for key, value in left.items() if key not in gone} | said)

    def for_mask(self, facts: StackFacts) -> "View":
        """The same choice for a mask: its values never mix, and it may have fewer axes."""
        lacking = {"plane": "Z", "time": "T", "position": "P"}
        fewer = {field: None for field, letter in lacking.items() if facts.length(letter) == 1}
        projection = "max" if self.projection else None
        return self.model_copy(update={"channels": None, "projection": projection, **fewer})


_PROJECTIONS = {"max": "maximum", "mean": "mean"}


@dataclass(frozen=True)
class Cut:
    """Where one image lies in a file.

    suffix : what tells it from the other images of the file, such as `_t02_z03`; empty where it
        is the only one.
    index : of each axis but C, Y and X, by its letter, of an unknown axis by its place in `axes`.
    depth : number of planes along Z that are projected; 0 where none are.
    """

    suffix: str
    index: dict[str, int]
    depth: int = 0


def cuts(facts: StackFacts, view: View, name: str) -> list[Cut]:
    """The images that a choice makes of a file, in the order of its axes.

    Parameters
    ----------
    facts : with the axes that are meant; see `StackFacts.renamed`.

    Raises
    ------
    ChoiceNeeded
        Where an axis is unknown and not every page becomes an image.
    CellsegError
        Where the file has no such plane, time point or position, or too many images.
    """
    if "Y" not in facts.axes or (not facts.certain and not view.expand):
        raise ChoiceNeeded(_unknown(facts, name), Offer(name, facts))
    chosen = {"Z": view.plane, "T": view.time, "P": view.position}
    for letter, number in chosen.items():
        if number is not None and number >= facts.length(letter):
            raise CellsegError(
                f"{name} has no {WORDS[letter]} {number}; it holds {facts.words}; numbers count "
                "from 0."
            )
    projected = 0
    ranges: list[list[tuple[str, int, str]]] = []
    for place, (letter, length) in enumerate(zip(facts.axes, facts.shape, strict=True)):
        if letter in "CYX":
            continue
        key = str(place) if letter == UNKNOWN else letter
        number = chosen.get(letter)
        if number is None and letter == "Z" and (view.projection or not view.expand):
            projected = length
            number = 0
        if number is None and view.expand and length > 1:
            digits = max(2, len(str(length - 1)))
            ranges.append([(key, i, f"_{_TAGS[letter]}{i:0{digits}}") for i in range(length)])
        else:
            ranges.append([(key, number or 0, "")])
    number_of_images = 1
    for axis in ranges:
        number_of_images *= len(axis)
    if number_of_images > MAX_PLANES:
        raise CellsegError(
            f"{name} would become {number_of_images:,} images; at most {MAX_PLANES:,} can be made "
            "of one file; choose a plane or a time point, or cut it into parts."
        )
    return [
        Cut(
            "".join(tag for _, _, tag in place),
            {key: number for key, number, _ in place},
            projected if projected > 1 else 0,
        )
        for place in product(*ranges)
    ]


def channels_of(facts: StackFacts, view: View, name: str) -> tuple[int | None, ...]:
    """The channels that a choice takes: one, or those for red, green and blue.

    Raises
    ------
    CellsegError
        Where the file has no such channel.
    """
    if view.channels is None:
        if facts.channels == 1:
            return (0,)
        return (0, 1, 2) if facts.channels >= 3 else (0, 1, None)
    if facts.channels == 1 and view.channels != (0,):
        wanted = ", ".join(str(c) for c in view.channels if c is not None)
        raise CellsegError(
            f"{name} has one channel only, and channel {wanted} was chosen, counted from 0; take "
            "it apart from the others, with another choice."
        )
    missing = [c for c in view.channels if c is not None and c >= facts.channels]
    if missing:
        raise CellsegError(
            f"{name} has no channel {missing[0]}; it has {facts.channels}, counted from 0"
            f"{facts.channel_words}; choose among them."
        )
    return view.channels


def _unknown(facts: StackFacts, name: str) -> str:
    if "Y" not in facts.axes:
        example = "ZYX" if len(facts.axes) == 3 else "TZCYX"[-len(facts.axes) :]
        return (
            f"{name} is {facts.words} and does not say what its axes are; give a letter of T, Z, "
            f"C, Y, X for each, such as {example}."
        )
    rest = facts.axes.replace(UNKNOWN, "")
    options = ", ".join(f"{letter}{rest}" for letter in "ZTC" if letter not in rest)
    if facts.axes.count(UNKNOWN) > 1:
        options = f"{'TZC'[: facts.axes.count(UNKNOWN)]}{rest}"
    return (
        f"{name} holds {facts.words}, and does not say whether these are planes, time points or "
        f"channels; name the axes ({options}), or make every page an image of its own."
    )
