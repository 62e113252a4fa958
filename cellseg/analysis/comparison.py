"""Comparison of predictions with the truth: all scores of one image, and of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.matching import (
    THRESHOLDS,
    MatchCounts,
    Overlaps,
    count_matches,
    overlaps,
    summarise_matches,
)
from cellseg.analysis.pixel_scores import PixelCounts, count_pixels

AT_THRESHOLD = ("f1", "precision", "recall", "pq", "mean_matched_iou")
"""Scores of cells at one IoU threshold; `ap_T` exists for several thresholds T."""

PIXELS = {"pixel_iou": "iou", "pixel_dice": "dice"}

ScoreRow = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Overlaps of cells and counts of pixels of one image, from which all scores follow.

    name : of the image.
    """

    name: str
    overlaps: Overlaps
    pixels: PixelCounts

    def counts(self, threshold: float) -> MatchCounts:
        """Numbers of found, missed and false cells at an IoU threshold."""
        return count_matches(self.overlaps, threshold)


def compare(name: str, truth: NDArray, predicted: NDArray) -> Comparison:
    """Compare two label images of equal shape (Y, X); 0 = background.

    Raises
    ------
    ValueError
        Where the shapes differ.
    """
    return Comparison(name, overlaps(truth, predicted), count_pixels(truth > 0, predicted > 0))


def with_cells(compared: Comparison, labels: NDArray[np.integer]) -> Comparison:
    """The comparison with some of the predicted cells, as if the others were background.

    Parameters
    ----------
    labels : of the predicted cells that stay; unknown labels are ignored.
    """
    old = compared.overlaps
    stay = np.isin(old.predicted, labels)
    pairs = stay[old.predicted_index]
    left = Overlaps(
        old.truth,
        old.predicted[stay],
        old.truth_area,
        old.predicted_area[stay],
        old.truth_index[pairs],
        (np.cumsum(stay) - 1)[old.predicted_index[pairs]],
        old.shared[pairs],
    )
    tp, truth = int(left.shared.sum()), int(old.truth_area.sum())
    fp = int(left.predicted_area.sum()) - tp
    pixels = compared.pixels
    total = pixels.tp + pixels.fp + pixels.fn + pixels.tn
    return Comparison(compared.name, left, PixelCounts(tp, fp, truth - tp, total - truth - fp))


def image_scores(compared: Comparison, threshold: float = THRESHOLDS[0]) -> ScoreRow:
    """All scores of one image; None where a score is undefined.

    Parameters
    ----------
    threshold : IoU threshold of the counts and of `AT_THRESHOLD`.

    Returns
    -------
    `image`; `true_cells`, `predicted_cells`; `tp`, `fp`, `fn`; `ap_0.5`, `ap_0.75`, `ap_0.9` and
    that of the threshold; `f1`, `precision`, `recall`, `pq`, `mean_matched_iou` as in
    `MatchCounts.scores`; `pixel_iou`, `pixel_dice` of the foreground; `count_error`, predicted
    minus true cells. Most scores of an image without any cell are None.
    """
    counts = compared.counts(threshold)
    scores, pixels = counts.scores(), compared.pixels.scores()
    return {
        "image": compared.name,
        "true_cells": counts.tp + counts.fn,
        "predicted_cells": counts.tp + counts.fp,
        "tp": counts.tp,
        "fp": counts.fp,
        "fn": counts.fn,
        **{ap_name(at): compared.counts(at).scores()["ap"] for at in all_thresholds(threshold)},
        **{name: scores[name] for name in AT_THRESHOLD},
        **{name: pixels[key] for name, key in PIXELS.items()},
        "count_error": counts.fp - counts.fn,
    }


def overall_scores(
    compared: Sequence[Comparison], threshold: float = THRESHOLDS[0]
) -> dict[str, Any]:
    """Scores over several images.

    Returns
    -------
    `threshold`; `images`, their number; `empty_images`, the number without true and predicted
    cells, which are left out of means; `pooled`, the scores of all cells and pixels together,
    where large images have more weight; `image_means`, the mean of each score over the images
    where it is defined. Both have the names of `image_scores`; `count_error` and
    `absolute_count_error` are sums in `pooled` and means in `image_means`.
    """
    ways: dict[str, ScoreRow] = {"pooled": {}, "image_means": {}}
    for at in all_thresholds(threshold):
        found = summarise_matches([one.counts(at) for one in compared])
        ways["pooled"][ap_name(at)] = found.pooled["ap"]
        ways["image_means"][ap_name(at)] = found.image_means["ap"]
    found = summarise_matches([one.counts(threshold) for one in compared])
    for name in AT_THRESHOLD:
        ways["pooled"][name] = found.pooled[name]
        ways["image_means"][name] = found.image_means[name]
    pixels = sum((one.pixels for one in compared), PixelCounts()).scores()
    each = [one.pixels.scores() for one in compared]
    for name, key in PIXELS.items():
        known = [value for scores in each if (value := scores[key]) is not None]
        ways["pooled"][name] = pixels[key]
        ways["image_means"][name] = sum(known) / len(known) if known else None
    errors = [one.overlaps.predicted.size - one.overlaps.truth.size for one in compared]
    for way, over in (("pooled", 1), ("image_means", max(1, found.images - found.empty_images))):
        ways[way]["count_error"] = sum(errors) / over
        ways[way]["absolute_count_error"] = sum(map(abs, errors)) / over
    return {
        "threshold": threshold,
        "images": found.images,
        "empty_images": found.empty_images,
        **ways,
    }


def worst_first(rows: Sequence[ScoreRow], threshold: float = THRESHOLDS[0]) -> list[ScoreRow]:
    """Sort rows of `image_scores` by ascending AP at a threshold; rows without AP come last."""

    def rank(row: ScoreRow) -> tuple[bool, float, float]:
        ap = row[ap_name(threshold)]
        return ap is None, ap or 0.0, -abs(row["count_error"])

    return sorted(rows, key=rank)


def ap_name(threshold: float) -> str:
    """Name of the average precision at a threshold: `ap_0.5`."""
    return f"ap_{threshold:g}"


def all_thresholds(threshold: float) -> list[float]:
    """The default thresholds and this one, ascending."""
    return sorted({*THRESHOLDS, threshold})
