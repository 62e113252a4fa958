"""One row for each image: its count, also where that is zero, and statistics of its cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

SUMMARISED = (
    "area",
    "area_um2",
    "equivalent_diameter_area",
    "equivalent_diameter_area_um",
    "eccentricity",
    "solidity",
    "score",
)
"""Columns of cells of which each image gets mean, median and standard deviation."""

_INTENSITY = "intensity_mean"


@dataclass(frozen=True, eq=False)
class ImageCells:
    """An image and the table of its cells.

    table : from `measurements.measure`, cells that pass the filters. height, width : pixels.
    pixel_size : side of a pixel in µm; None where it is unknown. warnings : sentences.
    group : of images that belong together; None where there are no groups.
    """

    image: str
    table: pd.DataFrame
    height: int
    width: int
    pixel_size: float | None = None
    warnings: Sequence[str] = ()
    group: str | None = None


def image_table(images: Sequence[ImageCells]) -> pd.DataFrame:
    """The table of images.

    Returns
    -------
    Columns `image`, `group` (where there are groups), `cells`, `density_per_mm2` and
    `density_per_megapixel` (cells by area of the image), `pixel_size_um`, then for each summarised
    column its `_mean`, `_median` and `_std` (over n - 1) over the cells of the image, and
    `warnings`. Statistics of no cell, and what needs a pixel size that is unknown, are empty.
    """
    rows = [_row(one) for one in images]
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "warnings"))
    if all(one.group is None for one in images) and "group" in columns:
        columns.remove("group")
    return pd.DataFrame(rows, columns=[*columns, "warnings"])


def _row(one: ImageCells) -> dict[str, object]:
    cells, pixels = len(one.table), one.height * one.width
    mm2 = pixels * (one.pixel_size / 1000.0) ** 2 if one.pixel_size else None
    row: dict[str, object] = {
        "image": one.image,
        "group": one.group,
        "cells": cells,
        "density_per_mm2": cells / mm2 if mm2 else np.nan,
        "density_per_megapixel": cells / (pixels / 1e6) if pixels else np.nan,
        "pixel_size_um": one.pixel_size if one.pixel_size else np.nan,
    }
    for name in one.table.columns:
        if name in SUMMARISED or name.startswith(_INTENSITY):
            values = one.table[name].to_numpy(np.float64)
            values = values[np.isfinite(values)]
            row[f"{name}_mean"] = values.mean() if values.size else np.nan
            row[f"{name}_median"] = np.median(values) if values.size else np.nan
            row[f"{name}_std"] = values.std(ddof=1) if values.size > 1 else np.nan
    row["warnings"] = " ".join(one.warnings)
    return row
