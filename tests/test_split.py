"""The split: how many test, who never moves."""

import pytest

from cellseg.datasets.split import (
    Split,
    extend_split,
    make_split,
    split_by_folders,
    split_by_hand,
)
from cellseg.errors import CellsegError


def names(first, last):
    return [f"cell-{number:03}" for number in range(first, last)]


@pytest.mark.parametrize(("total", "tests"), [(2, 1), (3, 1), (7, 1), (8, 2), (24, 5), (100, 20)])
def test_a_fifth_tests_and_at_least_one(total, tests):
    split = make_split(names(0, total))
    assert len(split.test) == tests
    assert sorted(split.train + split.test) == names(0, total)
    assert (split.source, split.seed) == ("seed", 0)


def test_the_draw_depends_on_the_seed_alone():
    first = make_split(names(0, 30), seed=1)
    assert make_split(names(0, 30)[::-1], seed=1) == first
    assert make_split(names(0, 30), seed=2).test != first.test


def test_the_draw_is_the_same_for_ever():
    assert make_split(names(0, 10), seed=0).test == ("cell-001", "cell-006")


def test_other_fractions():
    assert make_split(names(0, 6), fraction=0).test == ()
    assert len(make_split(names(0, 10), fraction=0.5).test) == 5
    assert len(make_split(names(0, 2), fraction=0.99).train) == 1


@pytest.mark.parametrize("fraction", [-0.1, 1, 2, float("nan")])
def test_fraction_out_of_bounds(fraction):
    with pytest.raises(CellsegError, match="share of test images"):
        make_split(names(0, 6), fraction=fraction)


@pytest.mark.parametrize(("total", "words"), [(0, "has no pair"), (1, "has 1 pair")])
def test_fewer_than_two_pairs_are_refused(total, words):
    with pytest.raises(CellsegError, match=words):
        make_split(names(0, total))
    with pytest.raises(CellsegError, match=words):
        split_by_folders(dict.fromkeys(names(0, total), "train"))


def test_folders_say_it():
    split = split_by_folders({"a": "train", "b": "test", "c": None, "d": "test"})
    assert (split.train, split.test, split.source) == (("a", "c"), ("b", "d"), "folders")
    assert split_by_folders({"a": "train", "b": "train", "c": None}).source == "seed"
    assert split_by_folders({"a": "test", "b": "test"}).source == "seed"


@pytest.mark.parametrize("more", [1, 5, 50])
def test_no_pair_changes_sides_when_more_come(more):
    old = make_split(names(0, 10), seed=3)
    new = extend_split(old, names(10, 10 + more))
    assert set(old.test) <= set(new.test)
    assert set(old.train) <= set(new.train)
    assert sorted(new.train + new.test) == names(0, 10 + more)
    assert len(new.test) == max(len(old.test), round(0.2 * (10 + more)))


def test_a_small_dataset_grows_to_a_fifth():
    split = make_split(names(0, 2))
    assert len(extend_split(split, names(2, 20)).test) == 4


def test_new_pairs_train_where_folders_split():
    old = split_by_folders({"a": "train", "b": "test"})
    new = extend_split(old, ["c", "d"])
    assert (new.train, new.test) == (("a", "c", "d"), ("b",))


def test_pairs_that_are_there_are_not_added_twice():
    old = Split(("a", "b"), ("c",))
    assert extend_split(old, ["a", "c"]) == old


def test_a_hand_decides_who_tests_and_new_pairs_train():
    split = split_by_hand(make_split(list("abcd")), ["d", "b"])
    assert (split.train, split.test, split.source) == (("a", "c"), ("b", "d"), "hand")
    assert extend_split(split, ["e"]).train == ("a", "c", "e")


@pytest.mark.parametrize(
    ("test", "sentence"), [("abcd", "at least one for training"), ("ax", "no pair x")]
)
def test_a_hand_leaves_some_to_train_and_knows_the_pairs(test, sentence):
    with pytest.raises(CellsegError, match=sentence):
        split_by_hand(make_split(list("abcd")), test)
