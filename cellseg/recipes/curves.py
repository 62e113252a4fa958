"""What a recipe lets a page plot and show of a training: curves, scores, sample pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Row = dict[str, Any]
"""One epoch of `metrics.jsonl`: its number, seconds and scores by their keys."""


@dataclass(frozen=True)
class Curve:
    """One curve over the epochs.

    measure : such as `IoU`; curves of one measure have one colour. key : of its values in a row.
    part : of the data that it is measured on: `training`, `validation` or `test`.
    printed : what a line of the command line calls it; None leaves it out there.
    """

    measure: str
    key: str
    part: str
    printed: str | None = None

    @property
    def title(self) -> str:
        """Measure and part of the data."""
        return f"{self.measure}, {self.part}"


@dataclass(frozen=True)
class Panel:
    """Curves that share their axes.

    bounded : whether the values lie between 0 and 1.
    baseline : measure at which the accuracy of the majority class is drawn; None draws none.
    """

    title: str
    curves: tuple[Curve, ...]
    bounded: bool = True
    baseline: str | None = None


class Score(NamedTuple):
    """A number with its meaning; the title says on what it was measured. None is undefined."""

    title: str
    value: float | None
    help: str


@dataclass(frozen=True)
class Samples:
    """What the sample pictures of a training show.

    truth : heading of the true masks. caption : how to read the predictions.
    """

    truth: str
    caption: str


def last_values(rows: Sequence[Row], curves: Sequence[Curve]) -> list[tuple[Curve, float]]:
    """The curves that have a value in the last row, with it."""
    last = rows[-1] if rows else {}
    return [(curve, last[curve.key]) for curve in curves if last.get(curve.key) is not None]
