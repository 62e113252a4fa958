from datetime import UTC, datetime

import pytest

from cellseg.ui import words


def test_markdown_of_a_file_name_shows_as_written():
    assert words.plain("cells_*1*.tif") == r"cells\_\*1\*.tif"
    assert words.plain("a\n b") == "a b"
    assert words.plain(":red[x] $y$") == r"\:red\[x\] \$y\$"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 s"), (59, "59 s"), (61, "1 min"), (3600, "1 h"), (4200, "1 h 10 min")],
)
def test_duration(seconds, said):
    assert words.duration(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(3, "10 s"), (44, "40 s"), (140, "2 min")])
def test_an_estimate_is_rounded(seconds, said):
    assert words.about(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 kB"), (1500, "2 kB"), (3_400_000, "3.4 MB"), (157_000_000, "157 MB"), (2e9, "2.0 GB")],
)
def test_size(number, said):
    assert words.size(int(number)) == said


def test_counts_and_lists():
    assert words.count(1, "image") == "1 image"
    assert words.count(1200, "pair") == "1,200 pairs"
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(list("abcdefgh"), most=3) == "a, b and 6 more"


def test_scores_and_moments():
    assert words.score(0.12345) == "0.123"
    assert words.score(None) == "–"
    assert "Mar 2026" in words.moment(datetime(2026, 3, 24, 12, 0, tzinfo=UTC))


def test_words_between_backticks_keep_their_look():
    assert words.plain("put `_mask` behind a_b") == r"put `_mask` behind a\_b"
    assert words.plain("one ` alone") == r"one \` alone"
    assert words.plain("``") == r"\`\`"
