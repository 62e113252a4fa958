"""The table of cells as a file."""

from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd

from cellseg.analysis.cellprofiler import cellprofiler

Dialect = Literal["scikit-image", "cellprofiler"]
"""Whose names and units the columns have."""
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


def csv_bytes(tables: Sequence[pd.DataFrame], dialect: Dialect = "scikit-image") -> bytes:
    """One CSV file of the tables of one or more images: UTF-8, comma, point, a row for each cell.

    A column that only some images have is empty for the others. Numbers have all their digits.

    Parameters
    ----------
    tables : from `cellseg.analysis.measurements.measure`.
    """
    with_cells = [table for table in tables if len(table)]
    table = pd.concat(with_cells or tables, ignore_index=True)
    if dialect == "cellprofiler":
        table = cellprofiler(table)
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.encode()
