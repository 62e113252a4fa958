"""Images that are on both sides of a split, so that the test score is too good."""

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cellseg.datasets.pairs import PairFacts

_PLANE = re.compile(r"^(?P<file>.+\.\w{2,6})[,:#\[ ]+\S.*$")


@dataclass(frozen=True)
class Leak:
    """Pairs of which some train and some test.

    kind : `same image`, or `planes of one file`.
    train, test : their names in the dataset.
    """

    kind: Literal["same image", "planes of one file"]
    train: tuple[str, ...]
    test: tuple[str, ...]


def leaks(pairs: Sequence[PairFacts], test: Collection[str]) -> list[Leak]:
    """What the test pairs of these names share with the pairs that train."""
    found = [
        Leak("same image", *sides)
        for sides in _divided(pairs, test, lambda pair: pair.image_sha256)
    ]
    found += [
        Leak("planes of one file", *sides)
        for sides in _divided(pairs, test, lambda pair: source_of(pair.image_name))
    ]
    return found


def _divided(
    pairs: Iterable[PairFacts], test: Collection[str], key: Callable[[PairFacts], Hashable | None]
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    groups: dict[Hashable, list[str]] = {}
    for pair in pairs:
        if (group := key(pair)) is not None:
            groups.setdefault(group, []).append(pair.name)
    both = []
    for names in groups.values():
        tests = tuple(name for name in names if name in test)
        trains = tuple(name for name in names if name not in test)
        if tests and trains:
            both.append((trains, tests))
    return both


def source_of(image_name: str) -> str | None:
    """The file of a name such as `stack.tif, plane 3`; None where the image is a whole file."""
    named = _PLANE.match(image_name)
    return named["file"] if named else None
