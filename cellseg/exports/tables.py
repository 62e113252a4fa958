"""The one writer of tables: CSV and XLSX, whose text no program takes for a formula."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args

import pandas as pd
import xlsxwriter

from cellseg.analysis.cellprofiler import cellprofiler

Dialect = Literal["scikit-image", "cellprofiler"]
"""Whose names and units the columns have."""
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

CsvFormat = Literal["comma", "semicolon"]
"""`comma`: comma and decimal point. `semicolon`: semicolon and decimal comma, with the mark of
UTF-8 by which Excel recognises it."""
CSV_FORMATS: tuple[CsvFormat, ...] = get_args(CsvFormat)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters of text that Excel, LibreOffice or Google Sheets takes for a formula."""

CREATED = datetime(2000, 1, 1)
"""Time of creation of every workbook, so that the same tables are the same bytes."""

ESCAPE = "'"
"""Stands before such text, and before text that begins with it, so that it can be taken away."""


def cell_table(tables: Sequence[pd.DataFrame], dialect: Dialect = "scikit-image") -> pd.DataFrame:
    """One table of the cells of one or more images.

    A column that only some images have is empty for the others.

    Parameters
    ----------
    tables : from `cellseg.analysis.measurements.measure`.
    """
    with_cells = [table for table in tables if len(table)]
    table = pd.concat(with_cells or tables, ignore_index=True)
    return cellprofiler(table) if dialect == "cellprofiler" else table


def csv_bytes(table: pd.DataFrame, csv_format: CsvFormat = "comma") -> bytes:
    """A table as CSV in UTF-8. Numbers have all their digits; text is escaped by `escaped`."""
    safe = escaped(table)
    if csv_format == "comma":
        text: str = safe.to_csv(index=False, lineterminator="\n")
        return text.encode()
    text = safe.to_csv(index=False, lineterminator="\r\n", sep=";", decimal=",")
    return text.encode("utf-8-sig")


def read_csv(content: bytes) -> pd.DataFrame:
    """The table of a file that `csv_bytes` wrote; text is as it was."""
    semicolon = content.startswith(b"\xef\xbb\xbf")
    separator, decimal = (";", ",") if semicolon else (",", ".")
    table = pd.read_csv(io.BytesIO(content), encoding="utf-8-sig", sep=separator, decimal=decimal)
    for name in _text_columns(table):
        table[name] = table[name].map(_unescape)
    return table


def xlsx_bytes(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Tables as the sheets of an Excel workbook; text is stored as text, never as a formula."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": CREATED})
        bold = book.add_format({"bold": True})
        for name, table in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(table.columns):
                sheet.write_string(0, column, str(title), bold)
                for row, value in enumerate(table[title].tolist(), start=1):
                    if isinstance(value, str):
                        sheet.write_string(row, column, value)
                    elif not pd.isna(value):
                        sheet.write(row, column, value)
    return buffer.getvalue()


def escaped(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its text made harmless; numbers are never changed.

    Text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV
    injection), as does text that begins with an apostrophe; `read_csv` takes it away again.
    """
    safe = table.copy(deep=False)
    for name in _text_columns(table):
        safe[name] = table[name].map(_escape)
    safe.columns = [_escape(name) for name in table.columns]
    return safe


def _text_columns(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table if pd.api.types.is_string_dtype(table[name].dtype)]


def _escape(value: object) -> object:
    if isinstance(value, str) and value.startswith((*FORMULA_STARTS, ESCAPE)):
        return ESCAPE + value
    return value


def _unescape(value: object) -> object:
    if isinstance(value, str) and value[:1] == ESCAPE:
        return value[1:]
    return value
