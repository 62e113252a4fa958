"""The split of a dataset into training and test pairs, stored with the dataset."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cellseg.errors import CellsegError

Side = Literal["train", "test"]
FRACTION = 0.2
"""Default share of test pairs."""


@dataclass(frozen=True)
class Split:
    """Names of the training and test pairs, sorted.

    seed : of the random draw, which is the same on every machine.
    source : "seed" for a draw, "folders" for `train/` and `test/` folders, "hand" for a choice by
        the user.
    fraction : wanted share of test pairs, 0 to 1.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    seed: int = 0
    source: Literal["seed", "folders", "hand"] = "seed"
    fraction: float = FRACTION


def make_split(names: Sequence[str], *, fraction: float = FRACTION, seed: int = 0) -> Split:
    """Draw max(1, round(fraction N)) test pairs of N, but never all.

    A fraction of 0 draws no test pair.

    Raises
    ------
    CellsegError
        For fewer than two names, or a fraction outside 0 <= fraction < 1.
    """
    _check(names)
    if not 0 <= fraction < 1:
        raise CellsegError(
            f"The share of test images is {fraction:g}; choose a number from 0 up to, but not "
            "including, 1."
        )
    test = _drawn(names, _test_count(len(names), fraction), seed)
    train = sorted(set(names) - set(test))
    return Split(tuple(train), tuple(test), seed, "seed", fraction)


def split_by_folders(sides: dict[str, Side | None], *, seed: int = 0) -> Split:
    """Split by `train/` and `test/` folders; pairs from other folders train.

    Where one side would be empty, `make_split` draws the split.

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
    """The split of the same pairs with these test pairs.

    Raises
    ------
    CellsegError
        For an unknown pair, or where no pair is left to train.
    """
    names = {*split.train, *split.test}
    chosen = set(test)
    if unknown := sorted(chosen - names):
        raise CellsegError(f"The dataset has no pair {unknown[0]}; reload the page.")
    if chosen == names:
        raise CellsegError("All pairs are test pairs; keep at least one for training.")
    share = len(chosen) / len(names)
    return Split(tuple(sorted(names - chosen)), tuple(sorted(chosen)), split.seed, "hand", share)


def extend_split(split: Split, new_names: Iterable[str]) -> Split:
    """The split with more pairs; earlier pairs keep their side.

    New test pairs are drawn until the share of test pairs is closest to `split.fraction`. In a
    split by folders or by the user, all new pairs train.
    """
    new = sorted(set(new_names) - set(split.train) - set(split.test))
    total = len(split.train) + len(split.test) + len(new)
    wanted = 0
    if split.source == "seed":
        wanted = max(0, _test_count(total, split.fraction) - len(split.test))
    test = _drawn(new, wanted, split.seed)
    return replace(
        split,
        train=tuple(sorted({*split.train, *new} - set(test))),
        test=tuple(sorted({*split.test, *test})),
    )


def _test_count(total: int, fraction: float) -> int:
    if fraction == 0:
        return 0
    return min(total - 1, max(1, round(fraction * total)))


def _drawn(names: Sequence[str], number: int, seed: int) -> list[str]:
    """Draw the names with the lowest hashes of seed and name."""

    def order(name: str) -> str:
        return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()

    return sorted(sorted(names, key=order)[:number])


def _check(names: Sequence[str]) -> None:
    if len(set(names)) < 2:
        found = "1 pair" if names else "no pair"
        raise CellsegError(
            f"The dataset has {found} of image and mask; cellseg needs at least 2, one to train "
            "and one to test; add more."
        )
