import csv
import io

import numpy as np
import pandas as pd
import pytest

from cellseg.analysis.measurements import measure
from cellseg.exports.tables import DIALECTS, csv_bytes

LABELS = np.array([[1, 1, 0], [0, 2, 2]])


def test_a_row_for_each_cell_of_all_images():
    tables = [measure(LABELS, image="ä.tif"), measure(LABELS * 3, image="b.tif", pixel_size=0.5)]
    content = csv_bytes(tables)
    assert content.startswith(b"image,label,area,")
    assert b"\r" not in content
    back = pd.read_csv(io.BytesIO(content))
    assert back["image"].tolist() == ["ä.tif", "ä.tif", "b.tif", "b.tif"]
    assert back["label"].tolist() == [1, 2, 3, 6]
    assert back["area_um2"].isna().tolist() == [True, True, False, False]


def test_numbers_keep_all_their_digits():
    table = measure(LABELS, np.array([[0.1, 0.7, 0], [0, 1 / 3, 0.2]]), image="a")
    (first, second) = csv.DictReader(csv_bytes([table]).decode().splitlines())
    for column in table.select_dtypes("float"):
        assert [float(first[column]), float(second[column])] == table[column].tolist()


def test_a_name_that_looks_like_a_table_is_quoted():
    back = pd.read_csv(io.BytesIO(csv_bytes([measure(LABELS, image='a,"b".tif')])))
    assert back["image"].tolist() == ['a,"b".tif'] * 2


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_cells_have_a_header(dialect):
    content = csv_bytes([measure(np.zeros((2, 2), int))], dialect)
    assert content.count(b"\n") == 1


def test_cellprofiler_counts_images():
    tables = [measure(LABELS, image=name) for name in ("b", "a")]
    back = pd.read_csv(io.BytesIO(csv_bytes(tables, "cellprofiler")))
    assert back["ImageNumber"].tolist() == [1, 1, 2, 2]
    assert back["ObjectNumber"].tolist() == [1, 2, 1, 2]
