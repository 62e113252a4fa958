from typing import Any

import numpy as np
import pytest

from cellseg.analysis.evaluation import THRESHOLDS, cell_scores, evaluate
from cellseg.analysis.matching import MatchCounts
from cellseg.images.image import Image
from cellseg.segmentation.cells import Cells

TRUTH = np.array([[1, 1, 0, 2, 2, 0]] * 2)
MERGED = np.array([[1, 1, 1, 1, 1, 0]] * 2)
EMPTY = np.zeros((2, 6), int)


class Pairs:
    def __init__(self, truth):
        self.truth = truth

    def image(self, name):
        return Image(np.zeros((2, 6), np.uint8), "YX")

    def labels(self, name):
        return self.truth[name]


class Network:
    def __init__(self, *labels):
        self.left = list(labels)

    def cells(self, image, options=None, progress=None):
        labels = self.left.pop(0)
        return Cells(labels, np.zeros(labels.shape, np.float32))

    def masks_at_network_size(self, image, truth):
        return None


def test_scores_of_cells_pooled_and_by_image():
    dataset: Any = Pairs({"found": TRUTH, "merged": TRUTH, "empty": EMPTY})
    scores = evaluate(Network(TRUTH, MERGED, EMPTY), dataset, ["found", "merged", "empty"])
    together = scores["together"]["image_size"]
    # pooled at 0.5: 2 found, 1 false, 2 missed; the merged cell covers 4 of 10 of either
    assert together["AP"]["0.5"] == pytest.approx(2 / 5)
    assert together["AP_mean"]["0.5"] == pytest.approx((1 + 0) / 2)
    assert together["F1"] == pytest.approx(4 / 7)
    assert together["PQ"] == pytest.approx(2 / (2 + 0.5 + 1))
    assert together["count_error"] == pytest.approx(0.25)  # median of 0 and 1/2
    assert list(together["AP"]) == [f"{each:g}" for each in THRESHOLDS]
    # pixels: 16 of truth, all found, 2 more called cell
    assert together["dice"] == pytest.approx(32 / 34)
    assert scores["together"]["network_size"]["dice"] is None
    empty = scores["per_image"][2]["image_size"]
    assert empty["AP"]["0.5"] is None
    assert empty["count_error"] is None


def test_progress_counts_pairs():
    seen = []
    dataset: Any = Pairs({"a": TRUTH})
    evaluate(Network(TRUTH), dataset, ["a"], lambda *told: seen.append(told))
    assert seen == [(1, 1)]


def test_scores_of_nothing_are_nothing():
    assert cell_scores([]) == {}
    assert cell_scores([[MatchCounts(0.5)]])["AP"] == {"0.5": None}
