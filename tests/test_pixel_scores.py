import numpy as np
import pytest

from cellseg.analysis.pixel_scores import PixelCounts, count_pixels

TRUTH = np.array([[1, 1, 0, 0], [1, 1, 0, 0]], bool)
FOUND = np.array([[1, 0, 1, 0], [1, 1, 0, 0]], bool)


def test_counts_of_a_hand_drawn_pair():
    assert count_pixels(TRUTH, FOUND) == PixelCounts(tp=3, fp=1, fn=1, tn=3)


def test_scores_by_hand():
    assert count_pixels(TRUTH, FOUND).scores() == {
        "pixel_accuracy": 6 / 8,
        "majority_accuracy": 4 / 8,
        "iou": 3 / 5,
        "dice": 6 / 8,
        "iou_background": 3 / 5,
    }


def test_dice_follows_from_iou():
    scores = count_pixels(TRUTH, FOUND).scores()
    assert scores["dice"] == pytest.approx(2 * scores["iou"] / (1 + scores["iou"]))


def test_scores_are_undefined_where_there_is_nothing_to_score():
    empty = np.zeros((2, 2), bool)
    scores = count_pixels(empty, empty).scores()
    assert scores["iou"] is None
    assert scores["dice"] is None
    assert scores["iou_background"] == 1.0
    assert PixelCounts().scores()["pixel_accuracy"] is None


def test_pooling_adds_pixels():
    whole = count_pixels(TRUTH, FOUND)
    halves = count_pixels(TRUTH[:1], FOUND[:1]) + count_pixels(TRUTH[1:], FOUND[1:])
    assert halves == whole


def test_masks_of_different_shapes_do_not_compare():
    with pytest.raises(ValueError, match=r"\(2, 4\) and \(4, 2\)"):
        count_pixels(TRUTH, TRUTH.T)
