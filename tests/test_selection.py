"""What is taken of a file, by hand: its images and channels, what is left to choose, remarks."""

from pathlib import Path

import pytest

from cellseg.errors import CellsegError
from cellseg.images.example import ChoiceNeeded, ExampleFile
from cellseg.images.selection import (
    Choosable,
    Survey,
    choosable,
    image_indices,
    remarks,
    selected_channels,
    view_without_defaults,
)
from cellseg.images.stack import StackFacts
from cellseg.images.view import View


def facts(axes, *shape, **more):
    return StackFacts(axes=axes, shape=shape, dtype="uint8", **more)


PLAIN = facts("YX", 8, 9)
STACK = facts("ZYX", 4, 8, 9)
MOVIE = facts("TZCYX", 2, 3, 2, 8, 9)
PAGES = facts("?YX", 5, 8, 9)


def images_of(stack, view):
    return [(one.suffix, one.index, one.depth) for one in image_indices(stack, view, "a.tif")]


@pytest.mark.parametrize(
    ("stack", "view", "expected"),
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
def test_the_images_of_a_file(stack, view, expected):
    assert images_of(stack, view) == expected


def test_names_have_as_many_digits_as_the_last_one_needs():
    suffixes = [
        cut.suffix for cut in image_indices(facts("ZYX", 101, 8, 9), View(expand=True), "a")
    ]
    assert (suffixes[0], suffixes[-1]) == ("_z000", "_z100")


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        (PAGES, r"a\.tif holds 5 pages, 9 × 8 pixels.*choose the axes \(ZYX, TYX, CYX\)"),
        (facts("?YXC", 5, 8, 9, 3), r"choose the axes \(ZYXC, TYXC\)"),
        (facts("??YX", 5, 6, 8, 9), r"choose the axes \(TZYX\)"),
        (facts("???", 5, 8, 9), r"an array of 5 × 8 × 9.*such as ZYX"),
    ],
)
def test_unknown_axes_need_a_choice(stack, words):
    with pytest.raises(ChoiceNeeded, match=words) as caught:
        image_indices(stack, View(), "a.tif")
    assert caught.value.example.facts == stack


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
        image_indices(STACK, view, "a.tif")


def test_too_many_images_are_refused():
    with pytest.raises(CellsegError, match="would become 20,000 images"):
        image_indices(facts("TZYX", 200, 100, 8, 9), View(expand=True), "a.tif")


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
    assert selected_channels(facts("CYX", number, 8, 9), view, "a.tif") == expected


def test_a_channel_that_is_not_there_is_refused_with_those_that_are():
    stack = facts("CYX", 2, 8, 9, channel_names=("DAPI", "GFP"))
    with pytest.raises(CellsegError, match=r"no channel 2; it has 2.*\(DAPI, GFP\)"):
        selected_channels(stack, View(channels=(0, 1, 2)), "a.tif")


def test_what_was_decided_without_the_user_is_said():
    many = facts("TZCYX", 2, 3, 4, 8, 9)
    sentences = " ".join(remarks(many, View(), "a.tif"))
    for words in (
        "4 channels",
        "3 planes; cellseg used their max",
        "2 time points; cellseg used the first",
    ):
        assert words in sentences
    chosen = View(channels=(0,), plane=1, time=0)
    assert remarks(many, chosen, "a.tif") == []
    assert remarks(many, View(channels=(0,), expand=True), "a.tif") == []
    assert remarks(PLAIN, View(), "a.tif") == []


def test_axes_that_are_read_against_the_file_are_said():
    sentences = remarks(facts("CYX", 3, 8, 9), View(axes="ZYX"), "a.tif")
    assert "a.tif has the axes CYX by its metadata and was read as ZYX, as chosen" in sentences[0]
    assert "stack of 3 planes" in sentences[1]
    assert not remarks(PAGES, View(axes="TYX", time=0), "a.tif")


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        (facts("CYX", 2, 8, 9), "2 channels; cellseg uses them as red and green"),
        (facts("CYX", 3, 8, 9), "3 channels; cellseg uses them as red, green and blue"),
        (facts("CYX", 4, 8, 9), "4 channels; cellseg uses the first three as red, green and blue"),
        (facts("YXC", 8, 9, 3), ""),
    ],
)
def test_what_became_of_channels_is_said_unless_they_are_colours(stack, words):
    sentences = remarks(stack, View(), "a.tif")
    assert len(sentences) == bool(words)
    assert words in "".join(sentences)


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (PLAIN, Choosable.NOTHING),
        (facts("YXC", 8, 9, 3), Choosable.COLOURS),
        (facts("CYX", 3, 8, 9), Choosable.STACK),
        (facts("ZYXC", 4, 8, 9, 3), Choosable.STACK),
        (STACK, Choosable.STACK),
        (PAGES, Choosable.AXES),
    ],
)
def test_what_there_is_to_choose(stack, expected):
    assert choosable(stack) is expected


def test_a_view_leaves_out_what_holds_anyway():
    chosen = {"projection": "max", "time": 0, "channels": (1,)}
    assert view_without_defaults(chosen, False, View()) == View(channels=(1,))
    assert view_without_defaults(chosen, False, View(time=3)) == View(channels=(1,), time=0)
    expanded = view_without_defaults({"time": 0}, True, View())
    assert expanded == View(time=0, expand=True)


def test_a_survey_finds_the_file_that_leaves_most_to_choose_and_says_each_remark_once():
    files = {"a.tif": PLAIN, "b.tif": STACK, "c.tif": STACK, "d.tif": PAGES}

    def describe(path, name):
        if name not in files:
            raise CellsegError(f"{name} is damaged.")
        return files[name]

    survey = Survey(describe, View())
    for name in ("a.tif", "damaged.tif", "b.tif", "c.tif", "b.tif"):
        survey.add(Path(name), name)
    assert survey.example == ExampleFile("b.tif", STACK, Path("b.tif"))
    (sentence,) = survey.remarks
    assert sentence.startswith(
        "b.tif (as 1 more) is a stack of 4 planes; cellseg used their maximum projection"
    )
    survey.add(Path("d.tif"), "d.tif")
    assert survey.example.name == "d.tif"
    assert len(survey.remarks) == 1


def test_an_example_outlives_a_temporary_folder(tmp_path):
    for name in ("kept", "temporary"):
        (tmp_path / name).mkdir()
    file = tmp_path / "temporary" / "a.tif"
    file.write_bytes(b"pixels")
    example = ExampleFile("a.tif", STACK, file)
    kept = example.kept(tmp_path / "kept", tmp_path / "temporary")
    assert kept.path.parent == tmp_path / "kept"
    assert kept.path.read_bytes() == b"pixels"
    assert example.kept(None, tmp_path / "temporary").path is None
    assert example.kept(None, tmp_path / "elsewhere") == example
