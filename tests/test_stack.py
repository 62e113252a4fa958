"""Stacks: axes, planes read one by one, and what is known without pixels."""

import numpy as np
import pytest

from cellseg.errors import CellsegError
from cellseg.images.stack import Stack, StackFacts, damage_errors

NUMBERS = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)


def facts(axes, *shape, **more):
    return StackFacts(axes=axes, shape=shape, dtype="uint8", **more)


@pytest.mark.parametrize(
    ("found", "description", "planes", "channels", "axes_known"),
    [
        (facts("YX", 3, 4), "4 × 3 pixels", 1, 1, True),
        (facts("YXC", 3, 4, 3), "a colour picture, 4 × 3 pixels", 1, 3, True),
        (facts("CYX", 2, 3, 4), "2 channels, 4 × 3 pixels", 1, 2, True),
        (facts("?YX", 7, 3, 4), "7 pages, 4 × 3 pixels", 7, 1, False),
        (
            facts("TZCYX", 3, 10, 2, 31, 38),
            "3 time points of 10 planes of 2 channels, 38 × 31 pixels",
            30,
            2,
            True,
        ),
        (facts("???", 3, 4, 5), "an array of 3 × 4 × 5", 60, 1, False),
    ],
)
def test_facts_in_words(found, description, planes, channels, axes_known):
    assert (found.description, found.planes, found.channels, found.axes_known) == (
        description,
        planes,
        channels,
        axes_known,
    )


def test_a_picture_is_found_by_the_letters_of_its_axes():
    stack = Stack("a", NUMBERS, "ZCYX")
    np.testing.assert_array_equal(stack.picture({"Z": 1}, [2, 0]), NUMBERS[1, [2, 0]])
    np.testing.assert_array_equal(stack.picture({}, [1]), NUMBERS[0, [1]])


def test_pages_of_unknown_axes_are_found_by_their_place():
    stack = Stack("a", NUMBERS, "??YX")
    np.testing.assert_array_equal(stack.picture({"0": 1, "1": 2}, [0])[0], NUMBERS[1, 2])


def test_samples_of_a_colour_picture_are_channels():
    stack = Stack("a", NUMBERS[0], "YXC")
    np.testing.assert_array_equal(stack.picture({}, [4])[0], NUMBERS[0, :, :, 4])


@pytest.mark.parametrize(
    ("axes", "z", "row", "column"), [("ZYX", 0, 1, 2), ("YXZ", 2, 0, 1), ("XYZ", 2, 1, 0)]
)
def test_an_array_is_turned_as_a_person_says(axes, z, row, column):
    array = NUMBERS[0]
    stack = Stack("a", array, "???").with_axes(axes)
    assert stack.axes == "ZYX"
    expected = np.moveaxis(array, (z, row, column), (0, 1, 2))
    np.testing.assert_array_equal(stack.picture({"Z": 1}, [0])[0], expected[1])


def test_axes_that_do_not_fit_are_refused():
    with pytest.raises(CellsegError, match=r"a\.tif has 3 axes .7 pages.*ZTYX names 4"):
        facts("?YX", 7, 3, 4).with_axes("ZTYX", "a.tif")
    with pytest.raises(CellsegError, match="end in YX, those of YXZ do not"):
        facts("?YX", 7, 3, 4).with_axes("YXZ", "a.tif")
    assert facts("YX", 3, 4).with_axes("ZYX", "a.tif").axes == "YX"
    assert facts("ZYX", 2, 3, 4).with_axes("TYX", "a.tif").axes == "TYX"


def test_axes_must_fit_the_array():
    with pytest.raises(ValueError, match="do not fit"):
        Stack("a", NUMBERS, "ZYX")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("a\nb"), r"a\.x is damaged or in an unknown format \(a b\)"),
        (KeyError(), r"unknown format \(KeyError\)"),
        (MemoryError(), "does not fit into the memory"),
        (ModuleNotFoundError("no", name="nd2"), "needs the package nd2"),
        (CellsegError("Own words."), r"^Own words\.$"),
    ],
)
def test_whatever_a_library_says_becomes_one_sentence(error, words):
    def broken():
        with damage_errors("a.x"):
            raise error

    with pytest.raises(CellsegError, match=words) as caught:
        broken()
    assert "\n" not in str(caught.value)
