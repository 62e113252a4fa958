import csv
import io
import re
import zipfile

import numpy as np
import pandas as pd
import pytest

from cellseg.analysis.measurements import measure
from cellseg.exports.tables import (
    CSV_FORMATS,
    DIALECTS,
    cell_table,
    csv_bytes,
    read_csv,
    xlsx_bytes,
)

LABELS = np.array([[1, 1, 0], [0, 2, 2]])


def test_a_row_for_each_cell_of_all_images():
    tables = [measure(LABELS, image="ä.tif"), measure(LABELS * 3, image="b.tif", pixel_size=0.5)]
    content = csv_bytes(cell_table(tables))
    assert content.startswith(b"image,label,area,")
    assert b"\r" not in content
    back = pd.read_csv(io.BytesIO(content))
    assert back["image"].tolist() == ["ä.tif", "ä.tif", "b.tif", "b.tif"]
    assert back["label"].tolist() == [1, 2, 3, 6]
    assert back["area_um2"].isna().tolist() == [True, True, False, False]


def test_numbers_keep_all_their_digits():
    table = measure(LABELS, np.array([[0.1, 0.7, 0], [0, 1 / 3, 0.2]]), image="a")
    (first, second) = csv.DictReader(csv_bytes(table).decode().splitlines())
    for column in table.select_dtypes("float"):
        assert [float(first[column]), float(second[column])] == table[column].tolist()


def test_a_name_that_looks_like_a_table_is_quoted():
    back = pd.read_csv(io.BytesIO(csv_bytes(measure(LABELS, image='a,"b".tif'))))
    assert back["image"].tolist() == ['a,"b".tif'] * 2


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_cells_have_a_header(dialect):
    content = csv_bytes(cell_table([measure(np.zeros((2, 2), int))], dialect))
    assert content.count(b"\n") == 1


def test_cellprofiler_counts_images():
    tables = [measure(LABELS, image=name) for name in ("b", "a")]
    back = pd.read_csv(io.BytesIO(csv_bytes(cell_table(tables, "cellprofiler"))))
    assert back["ImageNumber"].tolist() == [1, 1, 2, 2]
    assert back["ObjectNumber"].tolist() == [1, 2, 1, 2]


HOSTILE = [
    *("=1+1", "+x.tif", "-x.tif", "@SUM(A1)", "\tx", "'quoted", "=cmd|' /C calc'!A0"),
    "plain.tif",
]


@pytest.mark.parametrize("csv_format", CSV_FORMATS)
def test_text_is_no_formula_and_reads_back_unchanged(csv_format):
    table = pd.DataFrame({"image": HOSTILE, "area": np.arange(8) - 4.5, "label": -np.arange(8)})
    content = csv_bytes(table, csv_format)
    separator = ";" if csv_format == "semicolon" else ","
    lines = content.decode("utf-8-sig").splitlines()[1:]
    first = [line.strip('"')[0] for line in lines]
    assert first == ["'"] * 7 + ["p"]
    assert [line.split(separator)[-1] for line in lines] == [str(-n) for n in range(8)]
    pd.testing.assert_frame_equal(read_csv(content), table, check_dtype=False)


def test_semicolons_have_decimal_commas_and_the_mark_that_excel_knows():
    content = csv_bytes(pd.DataFrame({"image": ["ä.tif"], "area": [1.25]}), "semicolon")
    assert content == b"\xef\xbb\xbfimage;area\r\n\xc3\xa4.tif;1,25\r\n"


def test_a_workbook_has_text_as_text_and_numbers_as_numbers():
    table = pd.DataFrame({"image": HOSTILE, "area": [-1.5] * 8})
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes({"images": table, "cells": table}))) as book:
        workbook = book.read("xl/workbook.xml").decode()
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
    assert re.findall(r'<sheet name="(\w+)"', workbook) == ["images", "cells"]
    assert "<f>" not in sheet
    assert sheet.count("<v>-1.5</v>") == 8
    for text in ("=1+1", "@SUM(A1)", "'quoted"):
        assert f">{text}<" in strings
