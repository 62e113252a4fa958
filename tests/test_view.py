"""The choice of what is taken of a file: what it may say, and how two choices join."""

import pytest

from cellseg.config import checked
from cellseg.errors import CellsegError
from cellseg.images.stack import StackFacts
from cellseg.images.view import View

EACH_OF_ONE = View(channels=(1,), expand=True)


@pytest.mark.parametrize(
    ("choice", "other", "expected"),
    [
        (View(), View(channels=(1,), plane=3), View(channels=(1,), plane=3)),
        (View(plane=0), View(channels=(1,), plane=3), View(channels=(1,), plane=0)),
        (View(projection="mean"), View(time=2, plane=3), View(time=2, projection="mean")),
        (View(plane=2), View(projection="max"), View(plane=2)),
        (View(channels=(0, 1, None), axes="CYX"), View(channels=(2,), expand=True), None),
        (View(expand=True), View(channels=(1,), projection="mean", time=2), EACH_OF_ONE),
        (View(expand=True, time=2), View(plane=3), View(expand=True, time=2)),
    ],
)
def test_a_choice_goes_over_another_one(choice, other, expected):
    whole = View(channels=(0, 1, None), axes="CYX", expand=True)
    assert choice.completed_by(other) == (expected or whole)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"axes": "ZZYX"}, "at most once"),
        ({"axes": "ZC"}, "Y and X always"),
        ({"axes": "QYX"}, "T, Z, C, Y, X"),
        ({"channels": (0, 1)}, "one channel for grey, or three"),
        ({"channels": (None, None, None)}, "one channel for grey, or three"),
        ({"channels": (-1,)}, "greater than or equal to 0"),
        ({"plane": 1, "projection": "max"}, "not both"),
        ({"projection": "min"}, "'max' or 'mean'"),
    ],
)
def test_a_choice_that_means_nothing_is_refused(values, words):
    with pytest.raises(CellsegError, match=words):
        checked(View, **values)


def test_a_choice_travels_as_json():
    view = View(axes="ZCYX", channels=(1, None, 0), projection="mean", time=2, expand=True)
    assert View.model_validate_json(view.model_dump_json()) == view


def test_words_of_a_choice():
    assert View().description == ""
    view = View(channels=(2, 0, None), plane=3, time=1)
    assert view.description == "channel 2 as red, channel 0 as green, plane 3, time point 1"
    assert View(channels=(1,), projection="max").description == (
        "channel 1 as grey, the maximum along Z"
    )


def test_a_mask_never_mixes_values_and_may_lack_axes():
    view = View(channels=(0, 1, 2), projection="mean", time=3)
    assert view.for_mask(StackFacts(axes="YX", shape=(8, 9), dtype="uint8")) == View(
        projection="max"
    )


def test_each_page_only_where_nothing_else_is_said():
    assert View(channels=(0,)).expanded == View(channels=(0,), expand=True)
    assert View(plane=2).expanded == View(plane=2)
