import numpy as np
import pytest

from cellseg.analysis.comparison import (
    compare,
    image_scores,
    overall_scores,
    with_cells,
    worst_first,
)
from cellseg.analysis.matching import count_matches, overlaps, summarise_matches


def row(*cells):
    """A label image of one row: each cell a pair (label, pixels)."""
    return np.concatenate([np.full(pixels, label) for label, pixels in cells])[None, :]


@pytest.fixture
def compared():
    """One image with an exact cell, a cell at IoU 0.6 and a missed one; a wrong one; an empty."""
    truth = row((1, 10), (0, 2), (2, 6), (0, 6), (3, 4))
    found = row((7, 10), (0, 2), (8, 10), (0, 6))
    nothing = np.zeros((2, 3), int)
    false = row((1, 3), (0, 3))
    return [
        compare("good.png", truth, found),
        compare("bad.png", np.zeros_like(false), false),
        compare("empty.png", nothing, nothing),
    ]


def test_the_scores_of_an_image_by_hand(compared):
    scores = image_scores(compared[0])
    assert (scores["true_cells"], scores["predicted_cells"]) == (3, 2)
    assert (scores["tp"], scores["fp"], scores["fn"]) == (2, 0, 1)
    assert scores["ap_0.5"] == pytest.approx(2 / 3)
    assert scores["ap_0.75"] == scores["ap_0.9"] == pytest.approx(1 / 4)
    assert scores["f1"] == pytest.approx(4 / 5)
    assert scores["precision"] == 1
    assert scores["recall"] == pytest.approx(2 / 3)
    assert scores["pq"] == pytest.approx(1.6 / 2.5)
    assert scores["pixel_iou"] == pytest.approx(16 / 24)
    assert scores["pixel_dice"] == pytest.approx(32 / 40)
    assert scores["count_error"] == -1


def test_another_threshold_has_its_own_scores(compared):
    scores = image_scores(compared[0], 0.7)
    assert list(scores)[6:10] == ["ap_0.5", "ap_0.7", "ap_0.75", "ap_0.9"]
    assert (scores["tp"], scores["fp"], scores["fn"]) == (1, 1, 2)
    assert scores["f1"] == pytest.approx(2 / 5)


def test_an_image_without_any_cell_has_no_score(compared):
    scores = image_scores(compared[2])
    undefined = ("ap_0.5", "f1", "precision", "recall", "pq", "pixel_iou", "pixel_dice")
    assert [scores[name] for name in undefined] == [None] * 7
    assert scores["count_error"] == 0


def test_pooled_and_means_over_images_differ(compared):
    found = overall_scores(compared)
    assert (found["images"], found["empty_images"]) == (3, 1)
    assert found["pooled"]["ap_0.5"] == pytest.approx(2 / 4)
    assert found["image_means"]["ap_0.5"] == pytest.approx((2 / 3 + 0) / 2)
    assert found["pooled"]["pixel_iou"] == pytest.approx(16 / 27)
    assert found["image_means"]["pixel_iou"] == pytest.approx((16 / 24 + 0) / 2)
    assert found["pooled"]["count_error"] == 0
    assert found["pooled"]["absolute_count_error"] == 2
    assert found["image_means"]["absolute_count_error"] == 1


def test_means_are_those_of_the_matching():
    rng = np.random.default_rng(5)
    pairs = [(rng.integers(0, 4, (9, 9)), rng.integers(0, 4, (9, 9))) for _ in range(4)]
    found = overall_scores([compare(str(n), *pair) for n, pair in enumerate(pairs)], 0.1)
    expected = summarise_matches([count_matches(overlaps(*pair), 0.1) for pair in pairs])
    for name in ("f1", "pq", "recall", "count_error", "absolute_count_error"):
        assert found["pooled"][name] == pytest.approx(expected.pooled[name])
        assert found["image_means"][name] == pytest.approx(expected.image_means[name])


def test_the_worst_comes_first_and_the_undefined_last(compared):
    rows = worst_first([image_scores(one) for one in reversed(compared)])
    assert [row["image"] for row in rows] == ["bad.png", "good.png", "empty.png"]


def test_labels_of_another_shape_do_not_compare():
    with pytest.raises(ValueError, match="cannot be compared"):
        compare("x", np.zeros((2, 3), int), np.zeros((3, 2), int))


def test_cells_that_were_filtered_out_count_as_not_found():
    rng = np.random.default_rng(7)
    truth, predicted = rng.integers(0, 5, (8, 9)), rng.integers(0, 6, (8, 9)) * 3
    keep = np.array([3, 9, 15, 99])
    left = compare("x", truth, np.where(np.isin(predicted, keep), predicted, 0))
    found = with_cells(compare("x", truth, predicted), keep)
    assert found.pixels == left.pixels
    assert image_scores(found, 0.2) == image_scores(left, 0.2)
    np.testing.assert_array_equal(found.overlaps.predicted, left.overlaps.predicted)
