import math
import time

import numpy as np
import pytest

from cellseg.analysis.groups import (
    NO_GROUP,
    Grouping,
    summarise_groups,
)
from cellseg.config import checked
from cellseg.errors import CellsegError


@pytest.mark.parametrize(
    ("how", "image", "group"),
    [
        ({}, "drug/a.tif", "drug"),
        ({}, "day 1/drug/a.tif", "day 1/drug"),
        ({}, "a.tif", NO_GROUP),
        ({"by": "part"}, "x/ctrl_day1_3.tif", "ctrl"),
        ({"by": "part", "position": 2}, "ctrl_day1_3.tif", "day1"),
        ({"by": "part", "position": -1}, "ctrl_day1_3.tif", "3"),
        ({"by": "part", "position": 4}, "ctrl_day1_3.tif", NO_GROUP),
        ({"by": "part", "position": -4}, "ctrl_day1_3.tif", NO_GROUP),
        ({"by": "part", "separator": " - "}, "ctrl - 3.tif", "ctrl"),
        ({"by": "pattern"}, "ctrl_day1_3.tif", "ctrl"),
        ({"by": "pattern", "pattern": "{}"}, "x.y.tif", "x.y"),
        ({"by": "pattern", "pattern": "day?_{}_*"}, "Day1_drug_x_y.png", "drug"),
        ({"by": "pattern", "pattern": "*(1)-{}"}, "a(1)-b.png", "b"),
        ({"by": "pattern", "pattern": "*-{}-*"}, "a-b-c-d.png", "b"),
        ({"by": "pattern", "pattern": "day?_{}_*"}, "week1_drug_x.png", NO_GROUP),
        ({"by": "pattern", "pattern": "a{}b"}, "ab.png", NO_GROUP),
    ],
)
def test_the_group_of_an_image(how, image, group):
    assert Grouping(**how).group(image) == group


def test_no_pattern_takes_long():
    grouping = Grouping(by="pattern", pattern="*a*a*a*a*a*a*a*{}b")
    began = time.perf_counter()
    assert grouping.group("a" * 250) == NO_GROUP
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"by": "colour"}, "by"),
        ({"position": 0}, "count from 1"),
        ({"separator": ""}, "separator"),
        ({"pattern": "ctrl_*"}, "once, in the place of the group"),
        ({"pattern": "{}_{}"}, "once, in the place of the group"),
        ({"pattern": "{}" + "*" * 9}, "more than 8 stars"),
    ],
)
def test_a_grouping_that_makes_no_sense_is_one_sentence(how, said):
    with pytest.raises(CellsegError, match=said):
        checked(Grouping, **how)


def test_a_summary_by_hand():
    values = [1.0, 2.0, 3.0, 4.0, math.nan, 7.0]
    table = summarise_groups(values, ["a"] * 5 + ["b"], ["b", "a", "c"])
    assert list(table.index) == ["b", "a", "c"]
    assert list(table["n"]) == [1, 4, 0]
    assert list(table.loc["a"]) == pytest.approx([4, 2.5, math.sqrt(5 / 3), 1, 1.75, 2.5, 3.25, 4])
    assert list(table.loc["b"])[1:2] + list(table.loc["b"])[3:] == [7] * 6
    assert math.isnan(table["sd"]["b"])
    assert table.loc["c"].drop("n").isna().all()


def test_a_summary_agrees_with_numpy_and_keeps_the_order_of_the_groups():
    values = np.random.default_rng(3).normal(size=101)
    table = summarise_groups(values, ["x"] * 50 + ["a"] * 51)
    assert list(table.index) == ["x", "a"]
    assert table["q3"]["a"] == pytest.approx(np.quantile(values[50:], 0.75))
    assert table["sd"]["x"] == pytest.approx(values[:50].std(ddof=1))


def test_nothing_has_an_empty_summary():
    assert summarise_groups([], []).shape == (0, 8)
    assert list(summarise_groups([], [], ["a"])["n"]) == [0]
