import numpy as np
import pandas as pd
import pytest

from cellseg.analysis.columns import (
    expected_columns,
    heading,
    numeric_columns,
    unit,
)
from cellseg.analysis.filters import Filters, Range
from cellseg.analysis.measurements import measure
from cellseg.config import checked
from cellseg.errors import CellsegError


@pytest.fixture
def table():
    """Four cells: 4, 9, 1 and 6 pixels; the last touches the border."""
    labels = np.zeros((10, 12), int)
    labels[1:3, 1:3] = 1
    labels[4:7, 1:4] = 2
    labels[1, 8] = 3
    labels[8:10, 6:9] = 4
    probability = np.select([labels == 2, labels == 4], [0.9, 0.7], 0.6).astype(np.float32)
    return measure(labels, image="x.png", pixel_size=0.5, probability=probability)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({}, [1, 2, 3, 4]),
        ({"min_area": 4}, [1, 2, 4]),
        ({"max_area": 6}, [1, 3, 4]),
        ({"min_area": 4, "max_area": 6}, [1, 4]),
        ({"exclude_border": True}, [1, 2, 3]),
        ({"min_score": 0.65}, [2, 4]),
        ({"ranges": [Range(column="area_um2", low=1, high=1.5)]}, [1, 4]),
        ({"ranges": [Range(column="centroid-1", high=2)]}, [1, 2]),
        ({"min_area": 2, "exclude_border": True, "min_score": 0.8}, [2]),
    ],
)
def test_bounds_are_kept_themselves(table, asked, kept):
    assert list(table["label"][Filters(**asked).keep(table)]) == kept


def test_a_cell_without_the_value_is_left_out_alone_as_in_a_joined_table(table):
    sizeless = table.drop(columns="area_um2")
    filters = Filters(ranges=(Range(column="area_um2", low=0),))
    joined = pd.concat([table, sizeless], ignore_index=True)
    apart = np.concatenate([filters.keep(table), filters.keep(sizeless)])
    np.testing.assert_array_equal(filters.keep(joined), apart)
    assert apart.tolist() == [True] * 4 + [False] * 4


def test_an_open_range_and_an_empty_table_leave_out_nothing(table):
    filters = Filters(ranges=(Range(column="area_um2"),))
    assert filters.keep(table.drop(columns="area_um2")).all()
    assert Filters(min_area=5, exclude_border=True).keep(table[:0]).tolist() == []
    assert not filters.clauses()


def test_what_was_left_out_is_said_in_the_past_tense():
    ranges = (Range(column="solidity", low=0.9), Range(column="area_um2", low=2, high=1234.5))
    filters = Filters(min_area=20, exclude_border=True, min_score=0.6, ranges=ranges)
    assert filters.clauses() == [
        "cells with an area below 20 px² were excluded",
        "cells that touch the border of the image were excluded",
        "cells with a mean foreground probability below 0.6 were excluded",
        "cells with solidity below 0.9 were excluded",
        "cells with area_um2 below 2 or above 1,234.5 µm² were excluded",
    ]
    assert Filters(max_area=1e6).clauses() == [
        "cells with an area above 1,000,000 px² were excluded"
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"min_area": 5, "max_area": 4}, "5 is above the highest 4"),
        ({"min_area": float("nan")}, "min_area"),
        ({"min_score": 1.5}, "min_score"),
        ({"ranges": [{"column": "roundness"}]}, "no table has this column"),
        ({"ranges": [{"column": "touches_border", "low": 1}]}, "exclude_border"),
        ({"ranges": [{"column": "area", "low": 2, "high": 1}]}, "2 is above the highest 1"),
    ],
)
def test_a_filter_that_makes_no_sense_is_one_sentence(asked, said):
    with pytest.raises(CellsegError, match=said):
        checked(Filters, **asked)


def test_filters_pass_through_json():
    filters = Filters(min_area=3, ranges=(Range(column="intensity_mean-2", high=9),))
    assert Filters.model_validate_json(filters.model_dump_json()) == filters


def test_columns_have_their_units(table):
    units = {"area": "px²", "area_um2": "µm²", "perimeter_um": "µm", "solidity": "", "score": ""}
    assert {column: unit(column) for column in units} == units
    assert heading("intensity_mean-1") == "Mean intensity, channel 1 (grey values)"
    assert heading("score") == "Mean probability"
    assert (heading("area"), heading("area_um2")) == ("Area (px²)", "Area (µm²)")
    found = numeric_columns(table)
    assert found[:3] == [
        "area_um2",
        "equivalent_diameter_area_um",
        "feret_diameter_max_um",
    ]
    assert set(table.columns) - set(found) == {"image", "label", "touches_border"}
    assert len(found) == len(set(found))


@pytest.mark.parametrize("size", [None, 0.5])
@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3)])
def test_the_columns_are_known_before_anything_is_measured(shape, size):
    labels = np.pad([[1, 1], [1, 0]], 1)
    table = measure(labels, np.ones(shape), pixel_size=size, probability=np.ones((4, 4)))
    assert list(expected_columns(1 if len(shape) == 2 else 3, size is not None)) == numeric_columns(
        table
    )
