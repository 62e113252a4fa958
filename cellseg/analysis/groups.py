"""Groups of images, by their folder or by their name, and what sums up each group."""

import re
from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pydantic import Field, field_validator

from cellseg.config import Frozen

By = Literal["folder", "part", "pattern"]
NO_GROUP = "no group"
"""Where the images are that fit no group."""
MARK = "{}"
_STARS = 8


class Grouping(Frozen):
    """How the group of an image follows from its name.

    by : `folder`, the folder the image lies in; `part`, one part of its name; `pattern`.
    separator, position : the name without its ending is split at the separator; the parts count
        from 1, or from -1 for the last.
    pattern : the whole name without its ending: `*` stands for anything, `?` for one character,
        and `{}` for the part that is the group, as in `day1_{}_*`. Upper and lower case are one.
    """

    by: By = "folder"
    separator: str = Field(default="_", min_length=1, max_length=20)
    position: int = Field(default=1, ge=-50, le=50)
    pattern: str = Field(default="{}_*", max_length=200)

    @field_validator("position")
    @classmethod
    def _counted(cls, position: int) -> int:
        if not position:
            raise ValueError("the parts count from 1, or from -1 for the last")
        return position

    @field_validator("pattern")
    @classmethod
    def _marked(cls, pattern: str) -> str:
        if pattern.count(MARK) != 1:
            raise ValueError(f"it needs {MARK} once, where the group stands")
        if pattern.count("*") > _STARS:
            raise ValueError(f"it has more than {_STARS} stars")
        return pattern

    def group(self, image: str) -> str:
        """The group of an image of this name, with `/` between folders; `NO_GROUP` if none fits."""
        folder, _, name = image.rpartition("/")
        stem = name.rpartition(".")[0] or name
        if self.by == "folder":
            return folder or NO_GROUP
        if self.by == "part":
            parts = stem.split(self.separator)
            index = self.position - 1 if self.position > 0 else self.position
            return parts[index] if -len(parts) <= index < len(parts) else NO_GROUP
        found = _expression(self.pattern).fullmatch(stem)
        return found["group"] if found and found["group"] else NO_GROUP


def summary(
    values: ArrayLike, by: Sequence[Hashable], order: Sequence[Hashable] | None = None
) -> pd.DataFrame:
    """Sum up values group by group.

    Parameters
    ----------
    values : numbers (N,); one that is not finite counts as no value.
    by : the group, or the image, of each value.
    order : the rows of the result; by default each group where it first comes. A group without
        a value has n 0.

    Returns
    -------
    A row a group, with the columns `n`, `mean`, `sd` (over n - 1; none for one value), `min`,
    `q1`, `median`, `q3`, `max`. Quartiles between two values are interpolated (Hyndman & Fan
    1996, type 7).
    """
    found = pd.Series(np.asarray(values, float), dtype=float)
    rows = list(dict.fromkeys(by)) if order is None else list(order)
    found = found.where(np.isfinite(found))
    grouped = found.groupby(pd.Series(list(by), dtype=object))
    table = pd.DataFrame(
        {
            "n": grouped.count(),
            "mean": grouped.mean(),
            "sd": grouped.std(),
            "min": grouped.min(),
            "q1": grouped.quantile(0.25),
            "median": grouped.median(),
            "q3": grouped.quantile(0.75),
            "max": grouped.max(),
        }
    ).reindex(rows)
    table["n"] = table["n"].fillna(0).astype(int)
    return table


def counts(images: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Cells of each image, with 0 for an image that has none.

    Parameters
    ----------
    images : the image of each cell. names : of all images, in their order.
    """
    found = pd.Series(list(images), dtype=object).value_counts()
    return {name: int(found.get(name, 0)) for name in names}


def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression that needs no more than one try at each place."""
    pieces = re.split(r"(\{\}|\*)", pattern)
    parts = [_fixed(pieces[0])]
    for place in range(1, len(pieces), 2):
        run = "(?P<group>.{run})" if pieces[place] == MARK else "(?:.{run})"
        after = _fixed(pieces[place + 1])
        last = place + 2 >= len(pieces)
        parts.append(run.replace("{run}", "*") + after if last else _earliest(run, after))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _earliest(run: str, after: str) -> str:
    return f"(?>{run.replace('{run}', '*?')}{after})"


def _fixed(piece: str) -> str:
    return "".join("." if letter == "?" else re.escape(letter) for letter in piece)
