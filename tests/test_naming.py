"""Numbered names: how they are spelled, and that none is another's."""

import pytest

from cellseg import naming


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], "cells"),
        (["other"], "cells"),
        (["Cells"], "cells 2"),
        (["cells", "CELLS 2"], "cells 3"),
        (["cells", "cells 3"], "cells 2"),
    ],
)
def test_a_name_for_people_gets_the_first_free_number(taken, expected):
    assert naming.numbered("cells", taken) == expected


def test_a_numbered_name_is_no_longer_than_allowed():
    assert naming.numbered("abcdef", ["abcdef"], longest=6) == "abcd 2"
    assert naming.numbered("abcdefgh", [], longest=6) == "abcdef"
    assert naming.numbered("abc def", ["abc def"], longest=6) == "abc de"
    assert naming.numbered("abc def", ["abc de"], longest=6) == "abc 2"


def test_a_file_is_numbered_before_its_suffix():
    taken = ["a/x.tif", "A/X (2).TIF"]
    assert naming.numbered_file("a/x.tif", taken) == "a/x (3).tif"
    assert naming.numbered_file("b/x.tif", taken) == "b/x.tif"


def test_a_folder_is_numbered_with_a_hyphen():
    assert naming.numbered_id("cells", {"cells", "cells-2"}.__contains__) == "cells-3"


def test_files_of_one_name_are_told_apart_in_their_order():
    names = ["a.png", "A.png", "a (2).png", "b.png", "a.png"]
    assert naming.distinct(names) == ["a.png", "A (2).png", "a (2) (2).png", "b.png", "a (3).png"]
