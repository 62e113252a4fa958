import numpy as np
import pytest

from cellseg.analysis.differences import Kind, differences, kind_map
from cellseg.analysis.matching import overlaps


def row(*labels):
    return np.array([labels])


def kinds(truth, predicted, threshold=0.5):
    found = differences(overlaps(truth, predicted), threshold)
    return (
        dict(zip(found.truth.tolist(), found.truth_kinds.tolist(), strict=True)),
        dict(zip(found.predicted.tolist(), found.predicted_kinds.tolist(), strict=True)),
    )


def test_found_missed_and_false():
    truth, predicted = kinds(row(1, 1, 0, 2, 0), row(5, 5, 0, 0, 6))
    assert truth == {1: Kind.FOUND, 2: Kind.MISSED}
    assert predicted == {5: Kind.FOUND, 6: Kind.FALSE}


def test_a_cell_in_two_pieces_is_split():
    truth, predicted = kinds(row(1, 1, 1, 1, 1, 1), row(3, 3, 0, 0, 4, 4))
    assert truth == {1: Kind.SPLIT}
    assert predicted == {3: Kind.SPLIT, 4: Kind.SPLIT}


def test_a_found_cell_with_a_crumb_stays_found():
    truth, predicted = kinds(row(1, 1, 1, 1, 1), row(3, 3, 3, 3, 4))
    assert truth == {1: Kind.FOUND}
    assert predicted == {3: Kind.FOUND, 4: Kind.SPLIT}


def test_two_cells_under_one_are_merged():
    truth, predicted = kinds(row(1, 1, 0, 2, 2), row(9, 9, 9, 9, 9))
    assert truth == {1: Kind.MERGED, 2: Kind.MERGED}
    assert predicted == {9: Kind.MERGED}


def test_a_small_cell_swallowed_by_a_found_one_is_merged():
    truth, predicted = kinds(row(1, 1, 1, 1, 2), row(9, 9, 9, 9, 9))
    assert truth == {1: Kind.FOUND, 2: Kind.MERGED}
    assert predicted == {9: Kind.FOUND}


def test_half_is_no_majority():
    truth, _ = kinds(row(1, 1, 2, 2), row(0, 9, 9, 0), 0.9)
    assert truth == {1: Kind.MISSED, 2: Kind.MISSED}


def test_labels_of_a_kind_and_the_map():
    truth, predicted = row(10, 10, 0, 20), row(7, 7, 0, 0)
    found = differences(overlaps(truth, predicted))
    assert [labels.tolist() for labels in found.labels(Kind.FOUND)] == [[10], [7]]
    assert [labels.tolist() for labels in found.labels(Kind.MISSED)] == [[20], []]
    picture = kind_map(truth, found.truth, found.truth_kinds)
    assert picture.dtype == np.uint8
    assert picture.tolist() == [[Kind.FOUND, Kind.FOUND, 0, Kind.MISSED]]
    with pytest.raises(ValueError, match="not the one"):
        kind_map(predicted, found.truth, found.truth_kinds)


def test_no_cells():
    empty = np.zeros((2, 2), int)
    found = differences(overlaps(empty, empty))
    assert kind_map(empty, found.truth, found.truth_kinds).max() == 0
