"""The columns of a table of cells, as a person reads them."""

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from cellseg.analysis.measurements import definition, measure

_UNIT = re.compile(r" in (px²?|µm²?|grey values|radians)\.$")
_MICROMETRES = re.compile(r"_um2?$")
_NO_NUMBERS = ("image", "label", "touches_border")
_FIRST = (
    ("area_um2", "area"),
    ("equivalent_diameter_area_um", "equivalent_diameter_area"),
    ("feret_diameter_max_um", "feret_diameter_max"),
    ("perimeter_um", "perimeter"),
    ("eccentricity",),
    ("solidity",),
    *((f"intensity_mean{channel}",) for channel in ("", "-0", "-1", "-2")),
    ("score",),
)
"""What most people look for, in this order; in micrometres where they are known."""


def unit(column: str) -> str:
    """The unit of a column, such as `px²`; empty where it has none.

    Raises
    ------
    KeyError
        For a column that no table has.
    """
    found = _UNIT.search(definition(column))
    return found[1] if found else ""


def titled(column: str) -> str:
    """The name of a column with its unit: `area (px²)`, and `area (µm²)` for `area_um2`.

    Raises
    ------
    KeyError
        For a column that no table has.
    """
    of = unit(column)
    return f"{_MICROMETRES.sub('', column)} ({of})" if of else column


def numbers(table: pd.DataFrame) -> list[str]:
    """The columns that can be filtered, summed up and plotted: the most wanted ones first."""
    found = [column for column in table.columns if column not in _NO_NUMBERS]
    wanted = ([name for name in names if name in found] for names in _FIRST)
    first = [names[0] for names in wanted if names]
    return first + [column for column in found if column not in first]


@lru_cache(maxsize=32)
def possible(channels: int, calibrated: bool) -> tuple[str, ...]:
    """The `numbers` that cells of a segmented image have, without measuring one.

    Parameters
    ----------
    channels : of the image. calibrated : whether its pixel size is known.
    """
    pixels = np.ones((1, 1, channels) if channels > 1 else (1, 1), np.uint8)
    one = np.ones((1, 1))
    size = 1.0 if calibrated else None
    return tuple(numbers(measure(one.astype(int), pixels, pixel_size=size, probability=one)))
