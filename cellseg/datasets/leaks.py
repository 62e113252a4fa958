"""Leaks: images that are on both sides of a split and make the test score too high."""

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cellseg.datasets.pairs import PairFacts

_PLANE = re.compile(r"^(?P<file>.+\.\w{2,6})[,:#\[ ]+\S.*$")


@dataclass(frozen=True)
class Leak:
    """Related pairs of which some train and some test.

    kind : `same image` or `planes of one file`.
    train, test : names of the pairs.
    """

    kind: Literal["same image", "planes of one file"]
    train: tuple[str, ...]
    test: tuple[str, ...]


def find_leaks(pairs: Sequence[PairFacts], test: Collection[str]) -> list[Leak]:
    """Find leaks between these test pairs and all other pairs."""
    found = [
        Leak("same image", *sides)
        for sides in _groups_on_both_sides(pairs, test, lambda pair: pair.image_sha256)
    ]
    found += [
        Leak("planes of one file", *sides)
        for sides in _groups_on_both_sides(pairs, test, lambda pair: source_of(pair.image_name))
    ]
    return found


def _groups_on_both_sides(
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
    """The file in a name such as `stack.tif, plane 3`; None for an image file of its own."""
    named = _PLANE.match(image_name)
    return named["file"] if named else None
