"""Filters of cells, applied alike to view, table, plots, counts and all exports."""

import math
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from cellseg.analysis.columns import unit
from cellseg.config import Frozen

_NO_RANGE = {"image": "a name", "touches_border": "yes or no; use exclude_border"}


class Range(Frozen):
    """A range of values of one column.

    column : of a table from `cellseg.analysis.measurements.measure`.
    low, high : bounds in the unit of the column, both included; None means no bound.
    """

    column: str
    low: float | None = Field(default=None, allow_inf_nan=False)
    high: float | None = Field(default=None, allow_inf_nan=False)

    @field_validator("column")
    @classmethod
    def _known(cls, column: str) -> str:
        if column in _NO_RANGE:
            raise ValueError(f"this column is {_NO_RANGE[column]}")
        try:
            unit(column)
        except KeyError:
            raise ValueError("no table has this column") from None
        return column

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"the lowest value {self.low:g} is above the highest {self.high:g}")
        return self

    def keep(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Rows with a value in the range, bool (N,); rows without a value are not in it."""
        if self.low is None and self.high is None:
            return np.ones(len(table), bool)
        if self.column not in table:
            return np.zeros(len(table), bool)
        values = table[self.column].to_numpy(float)
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return (values >= low) & (values <= high)


class Filters(Frozen):
    """Filters that a cell must pass, all of them.

    min_area, max_area : in px², both included; use a `Range` of `area_um2` for µm².
    exclude_border : whether to remove cells with a pixel on the edge of the image.
    min_score : smallest mean foreground probability, 0 to 1.
    ranges : of other columns.
    """

    min_area: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    max_area: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    exclude_border: bool = False
    min_score: float | None = Field(default=None, ge=0, le=1)
    ranges: tuple[Range, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        Range(column="area", low=self.min_area, high=self.max_area)
        return self

    def keep(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Rows that pass all filters, bool (N,).

        A row without a value that a filter needs does not pass, so that several tables give the
        same result one by one as concatenated.

        Parameters
        ----------
        table : from `cellseg.analysis.measurements.measure`, of one image or of many.
        """
        kept = np.ones(len(table), bool)
        if self.exclude_border:
            kept &= ~table["touches_border"].to_numpy(bool)
        for asked in self._ranges():
            kept &= asked.keep(table)
        return kept

    def clauses(self) -> list[str]:
        """A clause in the past tense for each filter, such as `cells with ... were excluded`."""
        clauses = [_outside("cells with an area", self.min_area, self.max_area, " px²")]
        if self.exclude_border:
            clauses.append("cells that touch the border of the image were excluded")
        cells = "cells with a mean foreground probability"
        clauses.append(_outside(cells, self.min_score, None, ""))
        for asked in self.ranges:
            of = unit(asked.column)
            cells = f"cells with {asked.column}"
            clauses.append(_outside(cells, asked.low, asked.high, f" {of}" if of else ""))
        return [clause for clause in clauses if clause]

    def _ranges(self) -> list[Range]:
        area = Range(column="area", low=self.min_area, high=self.max_area)
        return [area, Range(column="score", low=self.min_score), *self.ranges]


def _outside(cells: str, low: float | None, high: float | None, of: str) -> str:
    """A clause on the cells outside a range; empty without bounds."""
    if low is not None and high is not None:
        return f"{cells} below {_number(low)} or above {_number(high)}{of} were excluded"
    if low is not None:
        return f"{cells} below {_number(low)}{of} were excluded"
    return "" if high is None else f"{cells} above {_number(high)}{of} were excluded"


def _number(value: float) -> str:
    return f"{value:,.10g}"
