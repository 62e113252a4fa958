import numpy as np

from cellseg.analysis.matching import overlaps
from cellseg.analysis.outcomes import Outcome, cell_outcomes


def row(*labels):
    return np.array([labels])


def kinds(truth, predicted, threshold=0.5):
    found = cell_outcomes(overlaps(truth, predicted), threshold)
    return (
        dict(zip(found.truth.tolist(), found.truth_outcomes.tolist(), strict=True)),
        dict(zip(found.predicted.tolist(), found.predicted_outcomes.tolist(), strict=True)),
    )


def test_found_missed_and_false():
    truth, predicted = kinds(row(1, 1, 0, 2, 0), row(5, 5, 0, 0, 6))
    assert truth == {1: Outcome.FOUND, 2: Outcome.MISSED}
    assert predicted == {5: Outcome.FOUND, 6: Outcome.FALSE}


def test_a_cell_in_two_pieces_is_split():
    truth, predicted = kinds(row(1, 1, 1, 1, 1, 1), row(3, 3, 0, 0, 4, 4))
    assert truth == {1: Outcome.SPLIT}
    assert predicted == {3: Outcome.SPLIT, 4: Outcome.SPLIT}


def test_a_found_cell_with_a_crumb_stays_found():
    truth, predicted = kinds(row(1, 1, 1, 1, 1), row(3, 3, 3, 3, 4))
    assert truth == {1: Outcome.FOUND}
    assert predicted == {3: Outcome.FOUND, 4: Outcome.SPLIT}


def test_two_cells_under_one_are_merged():
    truth, predicted = kinds(row(1, 1, 0, 2, 2), row(9, 9, 9, 9, 9))
    assert truth == {1: Outcome.MERGED, 2: Outcome.MERGED}
    assert predicted == {9: Outcome.MERGED}


def test_a_small_cell_swallowed_by_a_found_one_is_merged():
    truth, predicted = kinds(row(1, 1, 1, 1, 2), row(9, 9, 9, 9, 9))
    assert truth == {1: Outcome.FOUND, 2: Outcome.MERGED}
    assert predicted == {9: Outcome.FOUND}


def test_half_is_no_majority():
    truth, _ = kinds(row(1, 1, 2, 2), row(0, 9, 9, 0), 0.9)
    assert truth == {1: Outcome.MISSED, 2: Outcome.MISSED}


def test_labels_of_a_kind():
    truth, predicted = row(10, 10, 0, 20), row(7, 7, 0, 0)
    found = cell_outcomes(overlaps(truth, predicted))
    assert [labels.tolist() for labels in found.labels(Outcome.FOUND)] == [[10], [7]]
    assert [labels.tolist() for labels in found.labels(Outcome.MISSED)] == [[20], []]


def test_no_cells():
    empty = np.zeros((2, 2), int)
    found = cell_outcomes(overlaps(empty, empty))
    assert (found.truth_outcomes.size, found.predicted_outcomes.size) == (0, 0)
