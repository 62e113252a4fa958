"""Matching against cases worked by hand, a dense assignment, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from cellseg.analysis.matching import (
    MatchCounts,
    count_matches,
    match,
    overlaps,
    summarise_matches,
)

LABELS = arrays(np.uint8, (7, 9), elements=st.integers(0, 5))
THRESHOLD = st.sampled_from([0.1, 0.3, 0.5, 0.51, 0.75, 1.0])


def row(*labels):
    return np.array([labels])


def counts(truth, predicted, threshold=0.5):
    return count_matches(overlaps(np.asarray(truth), np.asarray(predicted)), threshold)


def test_overlaps_by_hand():
    found = overlaps(row(1, 1, 1, 4, 4, 0), row(0, 7, 7, 7, 2, 2))
    assert found.truth.tolist() == [1, 4]
    assert found.predicted.tolist() == [2, 7]
    assert found.truth_area.tolist() == [3, 2]
    assert found.predicted_area.tolist() == [2, 3]
    assert found.truth_index.tolist() == [0, 1, 1]
    assert found.predicted_index.tolist() == [1, 0, 1]
    assert found.shared.tolist() == [2, 1, 1]
    assert found.iou.tolist() == [2 / 4, 1 / 3, 1 / 4]


def test_scores_by_hand():
    # Two of three true cells are found, with IoU 1 and 3/4; one predicted cell is wrong.
    truth = row(1, 1, 0, 2, 2, 2, 2, 0, 3, 0, 0)
    predicted = row(5, 5, 0, 6, 6, 6, 0, 0, 0, 0, 7)
    found = counts(truth, predicted)
    assert found == MatchCounts(0.5, tp=2, fp=1, fn=1, iou_sum=1.75)
    assert found.scores() == {
        "ap": 2 / 4,
        "precision": 2 / 3,
        "recall": 2 / 3,
        "f1": 4 / 6,
        "pq": 1.75 / 3,
        "mean_matched_iou": 1.75 / 2,
        "count_error": 0,
        "absolute_count_error": 0,
    }
    assert counts(truth, predicted, 0.75).tp == 2  # from the threshold on
    assert counts(truth, predicted, 0.76).tp == 1


def test_as_many_matches_as_possible_before_a_higher_iou():
    # The best single pair (1, 9) would leave the other two cells alone.
    truth = row(1, 1, 1, 1, 1, 2)
    predicted = row(8, 9, 9, 9, 9, 9)
    found = overlaps(truth, predicted)
    assert sorted(found.iou) == [1 / 5, 1 / 5, 4 / 6]
    both = match(found, 0.2)
    assert both.truth_index.tolist() == [0, 1]
    assert both.predicted_index.tolist() == [0, 1]
    assert match(found, 0.5).iou.tolist() == [4 / 6]


def test_of_equally_many_matches_the_highest_iou():
    # One cell of the truth in two equal or unequal halves.
    found = match(overlaps(row(1, 1, 1, 1, 1), row(3, 3, 2, 2, 2)), 0.4)
    assert found.predicted_index.tolist() == [0]
    assert found.iou.tolist() == [3 / 5]


def test_no_cell_in_both_is_undefined():
    empty = np.zeros((3, 3), int)
    scores = counts(empty, empty).scores()
    assert [scores.pop(name) for name in ("count_error", "absolute_count_error")] == [0, 0]
    assert set(scores.values()) == {None}


@pytest.mark.parametrize(("truth", "predicted"), [(0, 1), (1, 0)])
def test_cells_in_one_only(truth, predicted):
    scores = counts(row(truth), row(predicted)).scores()
    assert scores["ap"] == scores["f1"] == scores["pq"] == 0
    assert scores["precision"] == (0 if predicted else None)
    assert scores["recall"] == (0 if truth else None)
    assert scores["mean_matched_iou"] is None
    assert scores["count_error"] == predicted - truth
    assert scores["absolute_count_error"] == 1


def test_pooled_and_means_differ_and_empty_images_are_counted_apart():
    images = [
        MatchCounts(0.5, tp=8, fp=0, fn=0, iou_sum=8.0),
        MatchCounts(0.5, tp=0, fp=0, fn=2),
        MatchCounts(0.5),
    ]
    found = summarise_matches(images)
    assert (found.images, found.empty_images) == (3, 1)
    assert found.pooled["ap"] == 8 / 10
    assert found.image_means["ap"] == 1 / 2
    assert found.image_means["precision"] == 1  # undefined for the second image
    assert found.pooled["count_error"] == -2
    assert found.image_means["absolute_count_error"] == 1


def test_only_empty_images_have_no_score():
    found = summarise_matches([MatchCounts(0.5)])
    assert found.pooled["ap"] is None
    assert found.image_means["ap"] is None
    assert found.empty_images == found.images == 1


def test_what_does_not_compare_is_refused():
    with pytest.raises(ValueError, match="shapes"):
        overlaps(row(1), row(1, 1))
    with pytest.raises(ValueError, match="threshold"):
        match(overlaps(row(1), row(1)), 0.0)
    with pytest.raises(ValueError, match="cannot be added"):
        MatchCounts(0.5) + MatchCounts(0.75)


def dense(found, threshold):
    """Matches and their IoU by an assignment over all pairs, as StarDist does."""
    table = np.zeros((found.truth.size, found.predicted.size))
    table[found.truth_index, found.predicted_index] = found.iou
    if not table.size:
        return 0, 0.0
    cost = -(table >= threshold).astype(float) - table / (2 * min(table.shape))
    pairs = linear_sum_assignment(cost)
    good = table[pairs][table[pairs] >= threshold]
    return good.size, good.sum()


@settings(max_examples=200, deadline=None)
@given(LABELS, LABELS, THRESHOLD)
def test_as_good_as_a_dense_assignment(truth, predicted, threshold):
    found = overlaps(truth, predicted)
    best, iou_sum = dense(found, threshold)
    ours = count_matches(found, threshold)
    assert ours.tp == best
    assert ours.iou_sum == pytest.approx(iou_sum)


@settings(max_examples=60, deadline=None)
@given(LABELS, LABELS, THRESHOLD)
def test_swapping_truth_and_prediction_swaps_precision_and_recall(truth, predicted, threshold):
    one, other = counts(truth, predicted, threshold), counts(predicted, truth, threshold)
    assert (one.tp, one.fp, one.fn) == (other.tp, other.fn, other.fp)
    assert one.scores()["precision"] == other.scores()["recall"]
    assert one.scores()["ap"] == other.scores()["ap"]
    assert one.iou_sum == pytest.approx(other.iou_sum)


@settings(max_examples=60, deadline=None)
@given(LABELS, THRESHOLD)
def test_identical_labels_score_one(labels, threshold):
    found = counts(labels, labels, threshold)
    expected = 1 if labels.any() else None
    assert {found.scores()[name] for name in ("ap", "precision", "recall", "f1", "pq")} == {
        expected
    }


@settings(max_examples=60, deadline=None)
@given(LABELS, LABELS, THRESHOLD, st.permutations(range(1, 6)))
def test_numbering_changes_nothing(truth, predicted, threshold, order):
    numbers = np.append(0, np.array(order) * 70_000)
    one, other = counts(truth, predicted, threshold), counts(truth, numbers[predicted], threshold)
    assert (one.tp, one.fp, one.fn) == (other.tp, other.fp, other.fn)
    assert one.iou_sum == pytest.approx(other.iou_sum)


def test_many_cells_in_one_chain():
    # Each predicted cell lies half in one true cell and half in the next, all along the row.
    cells = 20_000
    truth = np.repeat(np.arange(1, cells + 1), 4)[np.newaxis]
    predicted = np.roll(truth, 2)
    predicted[0, :2] = 0
    assert counts(truth, predicted, 0.3).tp == cells
