"""Which pairs train and which only test: decided once, kept with the dataset."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cellseg.errors import CellsegError

Side = Literal["train", "test"]
FRACTION = 0.2
"""Share of the pairs that test."""


@dataclass(frozen=True)
class Split:
    """The names of the pairs on each side, sorted.

    seed : of the draw; the draw is the same on every machine.
    source : "seed", "folders" where `train/` and `test/` folders said it, or "hand".
    fraction : the share of test pairs aimed at.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    seed: int = 0
    source: Literal["seed", "folders", "hand"] = "seed"
    fraction: float = FRACTION


def make_split(names: Sequence[str], *, fraction: float = FRACTION, seed: int = 0) -> Split:
    """Draw the test pairs: max(1, round(fraction N)) of N, and never all of them.

    A fraction of 0 leaves no test pair.

    Raises
    ------
    CellsegError
        For fewer than two names, or a fraction outside 0 <= fraction < 1.
    """
    _check(names)
    if not 0 <= fraction < 1:
        raise CellsegError(
            f"The share of test images is {fraction:g}; needed is a number from 0 up to, but not "
            "including, 1."
        )
    test = _drawn(names, _tests_of(len(names), fraction), seed)
    train = sorted(set(names) - set(test))
    return Split(tuple(train), tuple(test), seed, "seed", fraction)


def split_by_folders(sides: dict[str, Side | None], *, seed: int = 0) -> Split:
    """Take the split from the folders that the pairs came from; a pair without one trains.

    Where the folders leave one side empty the split is drawn by `make_split`.

    Raises
    ------
    CellsegError
        For fewer than two names.
    """
    _check(list(sides))
    test = sorted(name for name, side in sides.items() if side == "test")
    train = sorted(set(sides) - set(test))
    if not test or not train:
        return make_split(list(sides), seed=seed)
    return Split(tuple(train), tuple(test), seed, "folders", len(test) / len(sides))


def split_by_hand(split: Split, test: Iterable[str]) -> Split:
    """The split of the same pairs in which these test.

    Raises
    ------
    CellsegError
        For a pair that the split does not have, or where none is left to train.
    """
    names = {*split.train, *split.test}
    chosen = set(test)
    if unknown := sorted(chosen - names):
        raise CellsegError(f"The dataset has no pair {unknown[0]}; reload the page.")
    if chosen == names:
        raise CellsegError("All pairs test; needed is at least one that trains; leave one out.")
    share = len(chosen) / len(names)
    return Split(tuple(sorted(names - chosen)), tuple(sorted(chosen)), split.seed, "hand", share)


def extend_split(split: Split, new_names: Iterable[str]) -> Split:
    """The split with more pairs; no pair that was there changes sides.

    As many new pairs are drawn to test as bring the share of test pairs nearest to
    `split.fraction`; where folders or a hand made the split, new pairs train.
    """
    new = sorted(set(new_names) - set(split.train) - set(split.test))
    total = len(split.train) + len(split.test) + len(new)
    wanted = 0
    if split.source == "seed":
        wanted = max(0, _tests_of(total, split.fraction) - len(split.test))
    test = _drawn(new, wanted, split.seed)
    return replace(
        split,
        train=tuple(sorted({*split.train, *new} - set(test))),
        test=tuple(sorted({*split.test, *test})),
    )


def _tests_of(total: int, fraction: float) -> int:
    if fraction == 0:
        return 0
    return min(total - 1, max(1, round(fraction * total)))


def _drawn(names: Sequence[str], number: int, seed: int) -> list[str]:
    """Draw names: those whose hash with the seed comes first."""

    def order(name: str) -> str:
        return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()

    return sorted(sorted(names, key=order)[:number])


def _check(names: Sequence[str]) -> None:
    if len(set(names)) < 2:
        found = "1 pair" if names else "no pair"
        raise CellsegError(
            f"The dataset has {found} of image and mask; needed are at least 2, one to train and "
            "one to test; add more."
        )
