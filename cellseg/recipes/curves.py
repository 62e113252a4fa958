"""Curves, scores and sample pictures of a training, as recipes define them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Row = dict[str, Any]
"""An epoch of `metrics.jsonl`: number, duration in seconds and scores, by key."""


@dataclass(frozen=True)
class Curve:
    """A curve over the epochs.

    measure : such as `IoU`; curves of the same measure have the same colour. key : of the values in
    a row. part : of the data, `training`, `validation` or `test`. printed : label on the command
    line; None does not print it.
    """

    measure: str
    key: str
    part: str
    printed: str | None = None

    @property
    def title(self) -> str:
        """Title with measure and part of the data."""
        return f"{self.measure}, {self.part}"


@dataclass(frozen=True)
class Panel:
    """A plot of several curves.

    bounded : whether the values are between 0 and 1.
    baseline : measure for which the accuracy of the majority class is drawn; None draws none.
    """

    title: str
    curves: tuple[Curve, ...]
    bounded: bool = True
    baseline: str | None = None


class Score(NamedTuple):
    """A score; its title names the part of the data, and None is undefined."""

    title: str
    value: float | None
    help: str


@dataclass(frozen=True)
class SampleTexts:
    """Texts for the sample pictures of a training.

    truth : heading of the true masks. caption : explanation of the predictions.
    """

    truth: str
    caption: str


def last_values(rows: Sequence[Row], curves: Sequence[Curve]) -> list[tuple[Curve, float]]:
    """Curves with a value in the last row, with this value."""
    last = rows[-1] if rows else {}
    return [(curve, last[curve.key]) for curve in curves if last.get(curve.key) is not None]
