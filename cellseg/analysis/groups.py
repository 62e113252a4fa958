"""Groups of images by folder or file name, and summary statistics of each group."""

import re
from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pydantic import Field, field_validator

from cellseg.config import Frozen

GroupBy = Literal["folder", "part", "pattern"]
NO_GROUP = "no group"
"""Name of the group of images that belong to no other group."""
PLACEHOLDER = "{}"
_MAX_STARS = 8


class Grouping(Frozen):
    """How the group of an image follows from its name.

    by : `folder` of the image, `part` of its name, or `pattern`.
    separator, position : the name without extension is split at the separator; parts count from
        1, or from -1 backwards.
    pattern : of the whole name without extension: `*` matches any text, `?` one character, and
        `{}` the name of the group, as in `day1_{}_*`. Case is ignored.
    """

    by: GroupBy = "folder"
    separator: str = Field(default="_", min_length=1, max_length=20)
    position: int = Field(default=1, ge=-50, le=50)
    pattern: str = Field(default="{}_*", max_length=200)

    @field_validator("position")
    @classmethod
    def _counted(cls, position: int) -> int:
        if not position:
            raise ValueError("parts count from 1, or from -1 backwards; 0 is no part")
        return position

    @field_validator("pattern")
    @classmethod
    def _marked(cls, pattern: str) -> str:
        if pattern.count(PLACEHOLDER) != 1:
            raise ValueError(f"it needs {PLACEHOLDER} once, in the place of the group")
        if pattern.count("*") > _MAX_STARS:
            raise ValueError(f"it has more than {_MAX_STARS} stars; use fewer")
        return pattern

    def group(self, image: str) -> str:
        """Group of an image, by its name with `/` between folders; `NO_GROUP` without a match."""
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


def summarise_groups(
    values: ArrayLike, by: Sequence[Hashable], order: Sequence[Hashable] | None = None
) -> pd.DataFrame:
    """Summary statistics of each group.

    Parameters
    ----------
    values : (N,); values that are not finite are ignored.
    by : group, or image, of each value.
    order : rows of the result; by default the groups in order of appearance. A group without
        values has n = 0.

    Returns
    -------
    One row for each group, with the columns `n`, `mean`, `sd` (n - 1; NaN for one value), `min`,
    `q1`, `median`, `q3`, `max`. Quartiles are interpolated linearly (Hyndman & Fan 1996, type 7).
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


def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression without backtracking."""
    pieces = re.split(r"(\{\}|\*)", pattern)
    parts = [_literal(pieces[0])]
    for place in range(1, len(pieces), 2):
        run = "(?P<group>.{run})" if pieces[place] == PLACEHOLDER else "(?:.{run})"
        after = _literal(pieces[place + 1])
        last = place + 2 >= len(pieces)
        parts.append(run.replace("{run}", "*") + after if last else _shortest_match(run, after))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _shortest_match(run: str, after: str) -> str:
    return f"(?>{run.replace('{run}', '*?')}{after})"


def _literal(piece: str) -> str:
    return "".join("." if letter == "?" else re.escape(letter) for letter in piece)
