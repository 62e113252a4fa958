"""Selection of images and channels of a file: by choice, by default, and what can be chosen.

A `View` is the choice of the user; the functions here apply it to the facts of a file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from itertools import permutations, product
from pathlib import Path

from cellseg.config import checked
from cellseg.errors import CellsegError
from cellseg.images.example import ChoiceNeeded, ExampleFile
from cellseg.images.size_limits import MAX_PLANES
from cellseg.images.stack import UNKNOWN, WORDS, StackFacts
from cellseg.images.view import View

_TAGS = {"P": "p", "T": "t", "Z": "z", UNKNOWN: "n"}
_DEFAULTS = {"projection": "max", "time": 0, "position": 0}
"""Values that apply without a choice."""


class Choosable(IntEnum):
    """What can be chosen of a file, in ascending order of importance."""

    NOTHING = 0
    COLOURS = 1
    STACK = 2
    AXES = 3


@dataclass(frozen=True)
class ImageIndex:
    """The position of one image in a file.

    suffix : for names, such as `_t02_z03`; empty for the only image.
    index : of each axis but C, Y and X, by its letter, of an unknown axis by its position in
        `axes`.
    depth : number of planes along Z that are projected; 0 for no projection.
    """

    suffix: str
    index: dict[str, int]
    depth: int = 0


def image_indices(facts: StackFacts, view: View, name: str) -> list[ImageIndex]:
    """The images of a file for a view, in the order of its axes.

    Parameters
    ----------
    facts : with the axes of the view; see `StackFacts.with_axes`.

    Raises
    ------
    ChoiceNeeded
        Where an axis is unknown and not every page becomes an image.
    CellsegError
        Where the file has no such plane, time point or position, or too many images.
    """
    if "Y" not in facts.axes or (not facts.axes_known and not view.expand):
        raise ChoiceNeeded(_unknown(facts, name), ExampleFile(name, facts))
    chosen = {"Z": view.plane, "T": view.time, "P": view.position}
    for letter, number in chosen.items():
        if number is not None and number >= facts.length(letter):
            raise CellsegError(
                f"{name} has no {WORDS[letter]} {number}; it holds {facts.description}; numbers "
                "count from 0."
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
        ImageIndex(
            "".join(tag for _, _, tag in place),
            {key: number for key, number, _ in place},
            projected if projected > 1 else 0,
        )
        for place in product(*ranges)
    ]


def default_channels(facts: StackFacts) -> tuple[int | None, ...]:
    """The default channels: one for grey, else those for red, green and blue."""
    if facts.channels == 1:
        return (0,)
    return (0, 1, 2) if facts.channels >= 3 else (0, 1, None)


def selected_channels(facts: StackFacts, view: View, name: str) -> tuple[int | None, ...]:
    """The channels for a view: one for grey, or those for red, green and blue.

    Raises
    ------
    CellsegError
        Where the file has no such channel.
    """
    if view.channels is None:
        return default_channels(facts)
    if facts.channels == 1 and view.channels != (0,):
        wanted = ", ".join(str(c) for c in view.channels if c is not None)
        raise CellsegError(
            f"{name} has one channel only, and channel {wanted} was chosen, counted from 0; read "
            "it separately, with another choice of channels."
        )
    missing = [c for c in view.channels if c is not None and c >= facts.channels]
    if missing:
        raise CellsegError(
            f"{name} has no channel {missing[0]}; it has {facts.channels}, counted from 0"
            f"{facts.channel_suffix}; choose among them."
        )
    return view.channels


def choosable(facts: StackFacts) -> Choosable:
    """What can be chosen: colours of a picture; planes, time points, channels; or axes."""
    if not facts.axes_known:
        return Choosable.AXES
    if facts.planes > 1 or (facts.channels > 1 and not facts.colour):
        return Choosable.STACK
    return Choosable.COLOURS if facts.colour else Choosable.NOTHING


def axes_options(facts: StackFacts) -> list[str | None]:
    """Possible axes of a file as letters; None makes each page an image."""
    if facts.axes_known and "P" in facts.axes:
        return [facts.axes]
    if "Y" not in facts.axes:
        leading = len(facts.axes) - 2
        found = ["".join(order) + "YX" for order in permutations("TZC", leading)]
        found += ["".join(order) + "YXC" for order in permutations("TZ", max(0, leading - 1))]
        return list(found)
    fixed = facts.axes[facts.axes.index("Y") :]
    leading = len(facts.axes) - len(fixed)
    letters = "ZT" if "C" in fixed else "ZTC"
    options: list[str | None] = [facts.axes] if facts.axes_known else []
    if leading <= len(letters):
        named = ["".join(order) + fixed for order in permutations(letters, leading)]
        options += [axes for axes in named if axes != facts.axes]
    return options if facts.axes_known else [*options, None]


def view_without_defaults(choices: dict[str, object], expand: bool, current: View) -> View:
    """The view with these choices, without defaults.

    Parameters
    ----------
    choices : values by the names of the fields of a view.
    current : the view so far; what it chooses is kept.

    Raises
    ------
    CellsegError
        Where the choices are no view.
    """
    if not (expand or current.expand or current.plane is not None):
        choices = {
            field: value
            for field, value in choices.items()
            if field not in _DEFAULTS
            or value != _DEFAULTS[field]
            or getattr(current, field) is not None
        }
    return checked(View, **choices, expand=expand)


def remarks(facts: StackFacts, view: View, name: str) -> list[str]:
    """A sentence for each default that was used, and for axes that differ from the metadata.

    Parameters
    ----------
    facts : as the file says.

    Raises
    ------
    CellsegError
        Where the axes of the choice do not fit the file.
    """
    stored, facts = facts, facts.with_axes(view.axes, name)
    sentences = []
    if stored.axes_known and facts.axes != stored.axes:
        sentences.append(
            f"{name} has the axes {stored.axes} by its metadata and was read as {facts.axes}, as "
            "chosen; choose other axes if that is wrong."
        )
    if view.channels is None and facts.channels > 1 and not facts.colour:
        used = "the first three" if facts.channels > 3 else "them"
        colours = "red and green" if facts.channels == 2 else "red, green and blue"
        sentences.append(
            f"{name} has {facts.channels} channels{facts.channel_suffix}; cellseg uses {used} as "
            f"{colours}; choose others, or one as grey, if the cells are not visible in these."
        )
    if facts.length("Z") > 1 and not (view.expand or view.projection) and view.plane is None:
        sentences.append(
            f"{name} is a stack of {facts.length('Z')} planes; cellseg used their maximum "
            "projection. To change this, choose a plane, the mean projection or one image for each "
            "plane."
        )
    for letter, number in (("T", view.time), ("P", view.position)):
        if facts.length(letter) > 1 and number is None and not view.expand:
            sentences.append(
                f"{name} has {facts.length(letter)} {WORDS[letter]}s; cellseg used the first one. "
                f"To change this, choose another {WORDS[letter]} or one image for each "
                f"{WORDS[letter]}."
            )
    return sentences


class Survey:
    """What can be chosen of several files, and which defaults were used.

    Parameters
    ----------
    describe : gives the facts of a file, from its path and the name that the user knows.
    view : what is taken of each file.

    Attributes
    ----------
    example : the first file of those that leave most to choose; None where none leaves anything.
    """

    def __init__(self, describe: Callable[[Path, str], StackFacts], view: View) -> None:
        self.example: ExampleFile | None = None
        self._describe, self._view = describe, view
        self._paths: set[Path] = set()
        self._names: dict[str, list[str]] = {}

    def add(self, path: Path, name: str) -> None:
        """Add a file; an unreadable one is skipped."""
        if path in self._paths:
            return
        self._paths.add(path)
        try:
            facts = self._describe(path, name)
            certain = facts.with_axes(self._view.axes, name).axes_known
        except CellsegError:
            return
        most = choosable(self.example.facts) if self.example else Choosable.NOTHING
        if choosable(facts) > most:
            self.example = ExampleFile(name, facts, path)
        if certain:
            for sentence in remarks(facts, self._view, "\0"):
                self._names.setdefault(sentence, []).append(name)

    @property
    def remarks(self) -> list[str]:
        """Sentences about defaults, each once, with the names of its files."""
        sentences = []
        for sentence, names in self._names.items():
            more = f" (as {len(names) - 1} more)" if len(names) > 1 else ""
            sentences.append(sentence.replace("\0", names[0] + more))
        return sentences


def _unknown(facts: StackFacts, name: str) -> str:
    if "Y" not in facts.axes:
        example = "ZYX" if len(facts.axes) == 3 else "TZCYX"[-len(facts.axes) :]
        return (
            f"{name} is {facts.description} and has no axis information; enter a letter (T, Z, "
            f"C, Y or X) for each axis, such as {example}."
        )
    rest = facts.axes.replace(UNKNOWN, "")
    options = ", ".join(f"{letter}{rest}" for letter in "ZTC" if letter not in rest)
    if facts.axes.count(UNKNOWN) > 1:
        options = f"{'TZC'[: facts.axes.count(UNKNOWN)]}{rest}"
    return (
        f"{name} holds {facts.description}, and does not say whether these are planes, time points "
        f"or channels; choose the axes ({options}), or use each page as a separate image."
    )
