from datetime import UTC, datetime

import pytest

from cellseg.ui.shell import formatting


def test_markdown_of_a_file_name_shows_as_written():
    assert formatting.plain("cells_*1*.tif") == r"cells\_\*1\*.tif"
    assert formatting.plain("a\n b") == "a b"
    assert formatting.plain(":red[x] $y$") == r"\:red\[x\] \$y\$"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 s"), (59, "59 s"), (61, "1 min"), (3600, "1 h"), (4200, "1 h 10 min")],
)
def test_duration(seconds, said):
    assert formatting.duration(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(3, "10 s"), (44, "40 s"), (140, "2 min")])
def test_an_estimate_is_rounded(seconds, said):
    assert formatting.about(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 kB"), (1500, "2 kB"), (3_400_000, "3.4 MB"), (157_000_000, "157 MB"), (2e9, "2.0 GB")],
)
def test_size(number, said):
    assert formatting.size(int(number)) == said


def test_counts_and_lists():
    assert formatting.count(1, "image") == "1 image"
    assert formatting.count(1200, "pair") == "1,200 pairs"
    assert formatting.listed([]) == ""
    assert formatting.listed(["a"]) == "a"
    assert formatting.listed(["a", "b", "c"]) == "a, b and c"
    assert formatting.listed(list("abcdefgh"), most=3) == "a, b and 6 more"


def test_scores_and_moments():
    assert formatting.score(0.12345) == "0.123"
    assert formatting.score(None) == "–"
    assert "Mar 2026" in formatting.moment(datetime(2026, 3, 24, 12, 0, tzinfo=UTC))


def test_words_between_backticks_keep_their_look():
    assert formatting.plain("put `_mask` behind a_b") == r"put `_mask` behind a\_b"
    assert formatting.plain("one ` alone") == r"one \` alone"
    assert formatting.plain("``") == r"\`\`"
