"""The table of cells as a CSV file."""

from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd

from cellseg.analysis.cellprofiler import cellprofiler

Dialect = Literal["scikit-image", "cellprofiler"]
"""Program whose column names and units the table has."""
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


def csv_bytes(tables: Sequence[pd.DataFrame], dialect: Dialect = "scikit-image") -> bytes:
    """One CSV file of the tables of all images: UTF-8, comma, decimal point, a row for each cell.

    Columns that an image does not have are empty. Numbers have full precision.

    Parameters
    ----------
    tables : one or more, from `cellseg.analysis.measurements.measure`.
    dialect : names and units of the columns.
    """
    with_cells = [table for table in tables if len(table)]
    table = pd.concat(with_cells or tables, ignore_index=True)
    if dialect == "cellprofiler":
        table = cellprofiler(table)
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.encode()
