"""The columns of a table of cells: headings with units, and which can be filtered and plotted."""

import re
from functools import lru_cache

import numpy as np
import pandas as pd

from cellseg.analysis.measurements import definition, measure

HEADINGS = {
    "image": "Image",
    "label": "Label",
    "area": "Area",
    "area_bbox": "Bounding box area",
    "area_convex": "Convex area",
    "perimeter": "Perimeter",
    "perimeter_crofton": "Perimeter by Crofton",
    "axis_major_length": "Major axis length",
    "axis_minor_length": "Minor axis length",
    "eccentricity": "Eccentricity",
    "orientation": "Orientation",
    "equivalent_diameter_area": "Equivalent diameter",
    "feret_diameter_max": "Max. Feret diameter",
    "solidity": "Solidity",
    "extent": "Extent",
    "euler_number": "Euler number",
    "centroid-0": "Centroid y",
    "centroid-1": "Centroid x",
    "bbox-0": "Bounding box top",
    "bbox-1": "Bounding box left",
    "bbox-2": "Bounding box bottom",
    "bbox-3": "Bounding box right",
    "touches_border": "Touches border",
    "intensity_mean": "Mean intensity",
    "intensity_min": "Min. intensity",
    "intensity_max": "Max. intensity",
    "intensity_std": "Std. dev. of intensity",
    "intensity_median": "Median intensity",
    "score": "Mean probability",
}
"""Heading of each column of pixel units and of the first channel, without its unit."""

_UNIT = re.compile(r" in (px²?|µm²?|grey values|radians)\.$")
_MICROMETRES = re.compile(r"_um2?$")
_CHANNEL = re.compile(r"(intensity_\w+)-(\d+)")
_NOT_NUMERIC = ("image", "label", "touches_border")
_PREFERRED = (
    ("area_um2", "area"),
    ("equivalent_diameter_area_um", "equivalent_diameter_area"),
    ("feret_diameter_max_um", "feret_diameter_max"),
    ("perimeter_um", "perimeter"),
    ("eccentricity",),
    ("solidity",),
    *((f"intensity_mean{channel}",) for channel in ("", "-0", "-1", "-2")),
    ("score",),
)
"""Columns that are offered first, in this order; in micrometres where the pixel size is known."""


def unit(column: str) -> str:
    """The unit of a column, such as `px²`; empty for a column without unit.

    Raises
    ------
    KeyError
        For a column that no table has.
    """
    found = _UNIT.search(definition(column))
    return found[1] if found else ""


def heading(column: str) -> str:
    """The heading of a column with its unit: `Area (px²)`, and `Area (µm²)` for `area_um2`.

    Raises
    ------
    KeyError
        For a column that no table has.
    """
    name, _, channel = _MICROMETRES.sub("", column).partition("-")
    text = HEADINGS.get(f"{name}-{channel}") or HEADINGS[name]
    if channel and f"{name}-{channel}" not in HEADINGS:
        text = f"{text}, channel {channel}"
    of = unit(column)
    name = _MICROMETRES.sub("", column)
    channel = ""
    if match := _CHANNEL.fullmatch(name):
        name, channel = match[1], f", channel {match[2]}"
    return f"{HEADINGS[name]}{channel}" + (f" ({of})" if of else "")


def numeric_columns(table: pd.DataFrame) -> list[str]:
    """The columns of a table that can be filtered, averaged and plotted, the usual ones first."""
    found = [column for column in table.columns if column not in _NOT_NUMERIC]
    preferred = ([name for name in names if name in found] for names in _PREFERRED)
    first = [names[0] for names in preferred if names]
    return first + [column for column in found if column not in first]


@lru_cache(maxsize=32)
def expected_columns(channels: int, calibrated: bool) -> tuple[str, ...]:
    """The `numeric_columns` of an image, without measuring it.

    Parameters
    ----------
    channels : number of channels.
    calibrated : whether the pixel size is known.
    """
    pixels = np.ones((1, 1, channels) if channels > 1 else (1, 1), np.uint8)
    one = np.ones((1, 1))
    size = 1.0 if calibrated else None
    table = measure(one.astype(int), pixels, pixel_size=size, probability=one)
    return tuple(numeric_columns(table))
