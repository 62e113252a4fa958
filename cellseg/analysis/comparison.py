"""Predictions beside the truth: every score of one image, and of many together."""

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
    summary,
)
from cellseg.analysis.pixels import PixelCounts, count_pixels

AT_THRESHOLD = ("f1", "precision", "recall", "pq", "mean_matched_iou")
"""Scores of cells that are given for one IoU threshold; `ap_T` is given for each of several."""

PIXELS = {"pixel_iou": "iou", "pixel_dice": "dice"}

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The cells and pixels of one image beside the truth: all that any score needs.

    name : of the image.
    """

    name: str
    overlaps: Overlaps
    pixels: PixelCounts

    def counts(self, threshold: float) -> MatchCounts:
        """Cells found, missed and false at an IoU threshold."""
        return count_matches(self.overlaps, threshold)


def compare(name: str, truth: NDArray, predicted: NDArray) -> Comparison:
    """Compare two label images of one shape (Y, X); 0 is background.

    Raises
    ------
    ValueError
        Where the shapes differ.
    """
    return Comparison(name, overlaps(truth, predicted), count_pixels(truth > 0, predicted > 0))


def restricted(compared: Comparison, labels: NDArray[np.integer]) -> Comparison:
    """The same with only some predicted cells, as if the others had not been found.

    Parameters
    ----------
    labels : of the predicted cells that stay; those that there are not are passed over.
    """
    of = compared.overlaps
    stay = np.isin(of.predicted, labels)
    pairs = stay[of.predicted_index]
    left = Overlaps(
        of.truth,
        of.predicted[stay],
        of.truth_area,
        of.predicted_area[stay],
        of.truth_index[pairs],
        (np.cumsum(stay) - 1)[of.predicted_index[pairs]],
        of.shared[pairs],
    )
    tp, truth = int(left.shared.sum()), int(of.truth_area.sum())
    fp = int(left.predicted_area.sum()) - tp
    pixels = compared.pixels
    total = pixels.tp + pixels.fp + pixels.fn + pixels.tn
    return Comparison(compared.name, left, PixelCounts(tp, fp, truth - tp, total - truth - fp))


def scores_of(compared: Comparison, threshold: float = THRESHOLDS[0]) -> Row:
    """All scores of one image; None where a score is undefined.

    Parameters
    ----------
    threshold : IoU of the counts and of `AT_THRESHOLD`.

    Returns
    -------
    `image`; `true_cells`, `predicted_cells`; `tp`, `fp`, `fn`; `ap_0.5`, `ap_0.75`, `ap_0.9` and
    that of the threshold; `f1`, `precision`, `recall`, `pq`, `mean_matched_iou` as in
    `MatchCounts.scores`; `pixel_iou`, `pixel_dice` of the foreground; `count_error`, predicted
    minus true cells. An image without a cell in truth and prediction has no score but counts.
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


def together(compared: Sequence[Comparison], threshold: float = THRESHOLDS[0]) -> dict[str, Any]:
    """The scores of one or more images together.

    Returns
    -------
    `threshold`; `images`; `empty_images`: those without a cell in truth and prediction, which
    take part in no mean; `pooled`: as if the images were one, so that large images weigh more;
    `image_means`: each score averaged over the images where it is defined. Both have the names
    of `scores_of`; the count error is a sum in the one and a mean in the other, and
    `absolute_count_error` beside it the same without signs.
    """
    ways: dict[str, Row] = {"pooled": {}, "image_means": {}}
    for at in all_thresholds(threshold):
        found = summary([one.counts(at) for one in compared])
        ways["pooled"][ap_name(at)] = found.pooled["ap"]
        ways["image_means"][ap_name(at)] = found.image_means["ap"]
    found = summary([one.counts(threshold) for one in compared])
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


def worst_first(rows: Sequence[Row], threshold: float = THRESHOLDS[0]) -> list[Row]:
    """The rows of `scores_of` by ascending AP at a threshold; those without a score come last."""

    def rank(row: Row) -> tuple[bool, float, float]:
        ap = row[ap_name(threshold)]
        return ap is None, ap or 0.0, -abs(row["count_error"])

    return sorted(rows, key=rank)


def ap_name(threshold: float) -> str:
    """The name of the average precision at a threshold: `ap_0.5`."""
    return f"ap_{threshold:g}"


def all_thresholds(threshold: float) -> list[float]:
    """The usual thresholds and this one, ascending."""
    return sorted({*THRESHOLDS, threshold})
