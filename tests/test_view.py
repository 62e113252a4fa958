"""The choice: which images it makes of a file, by hand."""

import pytest

from cellseg.config import checked
from cellseg.errors import CellsegError
from cellseg.images.choosing import Choosable, choosable, remarks
from cellseg.images.stack import StackFacts
from cellseg.images.view import (
    ChoiceNeeded,
    View,
    channels_of,
    cuts,
)


def facts(axes, *shape, **more):
    return StackFacts(axes=axes, shape=shape, dtype="uint8", **more)


PLAIN = facts("YX", 8, 9)
STACK = facts("ZYX", 4, 8, 9)
MOVIE = facts("TZCYX", 2, 3, 2, 8, 9)
PAGES = facts("?YX", 5, 8, 9)


def made(found, view):
    return [(cut.suffix, cut.index, cut.depth) for cut in cuts(found, view, "a.tif")]


@pytest.mark.parametrize(
    ("found", "view", "expected"),
    [
        (PLAIN, View(), [("", {}, 0)]),
        (PLAIN, View(plane=0, projection=None, time=0, expand=True), [("", {}, 0)]),
        (PLAIN, View(projection="mean"), [("", {}, 0)]),
        (STACK, View(), [("", {"Z": 0}, 4)]),
        (STACK, View(projection="mean"), [("", {"Z": 0}, 4)]),
        (STACK, View(plane=3), [("", {"Z": 3}, 0)]),
        (
            STACK,
            View(expand=True),
            [(f"_z0{z}", {"Z": z}, 0) for z in range(4)],
        ),
        (MOVIE, View(), [("", {"T": 0, "Z": 0}, 3)]),
        (MOVIE, View(time=1, plane=2), [("", {"T": 1, "Z": 2}, 0)]),
        (
            MOVIE,
            View(expand=True, projection="max"),
            [("_t00", {"T": 0, "Z": 0}, 3), ("_t01", {"T": 1, "Z": 0}, 3)],
        ),
        (
            MOVIE,
            View(expand=True, time=1),
            [(f"_z0{z}", {"T": 1, "Z": z}, 0) for z in range(3)],
        ),
        (
            MOVIE,
            View(expand=True),
            [(f"_t0{t}_z0{z}", {"T": t, "Z": z}, 0) for t in range(2) for z in range(3)],
        ),
        (PAGES, View(expand=True), [(f"_n0{n}", {"0": n}, 0) for n in range(5)]),
        (facts("PYX", 3, 8, 9), View(position=2), [("", {"P": 2}, 0)]),
    ],
)
def test_the_images_of_a_file(found, view, expected):
    assert made(found, view) == expected


def test_names_have_as_many_digits_as_the_last_one_needs():
    suffixes = [cut.suffix for cut in cuts(facts("ZYX", 101, 8, 9), View(expand=True), "a")]
    assert (suffixes[0], suffixes[-1]) == ("_z000", "_z100")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (PAGES, r"a\.tif holds 5 pages, 9 × 8 pixels.*name the axes \(ZYX, TYX, CYX\)"),
        (facts("?YXC", 5, 8, 9, 3), r"name the axes \(ZYXC, TYXC\)"),
        (facts("??YX", 5, 6, 8, 9), r"name the axes \(TZYX\)"),
        (facts("???", 5, 8, 9), r"an array of 5 × 8 × 9.*such as ZYX"),
    ],
)
def test_unknown_axes_need_a_choice(found, words):
    with pytest.raises(ChoiceNeeded, match=words) as caught:
        cuts(found, View(), "a.tif")
    assert caught.value.offer.facts == found


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (View(plane=4), r"a\.tif has no plane 4; it holds 4 planes"),
        (View(time=1), "has no time point 1"),
        (View(position=1), "has no position 1"),
    ],
)
def test_what_the_file_does_not_have_is_refused(view, words):
    with pytest.raises(CellsegError, match=words):
        cuts(STACK, view, "a.tif")


def test_too_many_images_are_refused():
    with pytest.raises(CellsegError, match="would become 20,000 images"):
        cuts(facts("TZYX", 200, 100, 8, 9), View(expand=True), "a.tif")


@pytest.mark.parametrize(
    ("number", "view", "expected"),
    [
        (1, View(), (0,)),
        (2, View(), (0, 1, None)),
        (3, View(), (0, 1, 2)),
        (5, View(), (0, 1, 2)),
        (5, View(channels=(4,)), (4,)),
        (3, View(channels=(0, 2, 1)), (0, 2, 1)),
    ],
)
def test_channels(number, view, expected):
    assert channels_of(facts("CYX", number, 8, 9), view, "a.tif") == expected


def test_a_channel_that_is_not_there_is_refused_with_those_that_are():
    found = facts("CYX", 2, 8, 9, channel_names=("DAPI", "GFP"))
    with pytest.raises(CellsegError, match=r"no channel 2; it has 2.*\(DAPI, GFP\)"):
        channels_of(found, View(channels=(0, 1, 2)), "a.tif")


def test_what_was_decided_without_the_user_is_said():
    many = facts("TZCYX", 2, 3, 4, 8, 9)
    said = " ".join(remarks(many, View(), "a.tif"))
    for words in ("4 channels", "3 planes: their maximum", "2 time points: the first"):
        assert words in said
    chosen = View(channels=(0,), plane=1, time=0)
    assert remarks(many, chosen, "a.tif") == []
    assert remarks(many, View(channels=(0,), expand=True), "a.tif") == []
    assert remarks(PLAIN, View(), "a.tif") == []


def test_axes_that_are_read_against_the_file_are_said():
    said = remarks(facts("CYX", 3, 8, 9), View(axes="ZYX"), "a.tif")
    assert "says that its axes are CYX, and was read as ZYX" in said[0]
    assert "stack of 3 planes" in said[1]
    assert not remarks(PAGES, View(axes="TYX", time=0), "a.tif")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (facts("CYX", 2, 8, 9), "2 channels: they became red and green"),
        (facts("CYX", 3, 8, 9), "3 channels: they became red, green and blue"),
        (facts("CYX", 4, 8, 9), "4 channels: the first three became red, green and blue"),
        (facts("YXC", 8, 9, 3), ""),
    ],
)
def test_what_became_of_channels_is_said_unless_they_are_colours(found, words):
    said = remarks(found, View(), "a.tif")
    assert len(said) == bool(words)
    assert words in "".join(said)


EACH_OF_ONE = View(channels=(1,), expand=True)


@pytest.mark.parametrize(
    ("said", "other", "expected"),
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
def test_a_choice_goes_over_another_one(said, other, expected):
    whole = View(channels=(0, 1, None), axes="CYX", expand=True)
    assert said.over(other) == (expected or whole)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (PLAIN, Choosable.NOTHING),
        (facts("YXC", 8, 9, 3), Choosable.COLOURS),
        (facts("CYX", 3, 8, 9), Choosable.STACK),
        (facts("ZYXC", 4, 8, 9, 3), Choosable.STACK),
        (STACK, Choosable.STACK),
        (PAGES, Choosable.AXES),
    ],
)
def test_what_there_is_to_choose(found, expected):
    assert choosable(found) is expected


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
    assert View().words == ""
    view = View(channels=(2, 0, None), plane=3, time=1)
    assert view.words == "channel 2 as red, channel 0 as green, plane 3, time point 1"
    assert View(channels=(1,), projection="max").words == ("channel 1 as grey, the maximum along Z")


def test_a_mask_never_mixes_values_and_may_lack_axes():
    view = View(channels=(0, 1, 2), projection="mean", time=3)
    assert view.for_mask(PLAIN) == View(projection="max")


def test_each_page_only_where_nothing_else_is_said():
    assert View(channels=(0,)).each == View(channels=(0,), expand=True)
    assert View(plane=2).each == View(plane=2)
