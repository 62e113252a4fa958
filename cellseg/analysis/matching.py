"""Matching of predicted and true cells, and the scores that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from cellseg.analysis.label_runs import (
    Ints,
    checked_labels,
    relabel_sequential,
    run_starts,
)

THRESHOLDS = (0.5, 0.75, 0.9)
"""Default IoU thresholds of a match."""

Scores = dict[str, float | None]


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Overlaps of the cells of two label images, from which scores at any threshold follow.

    truth, predicted : labels, ascending, int64 (N,) and (M,).
    truth_area, predicted_area : in pixels, int64 (N,) and (M,).
    truth_index, predicted_index : indices into `truth` and `predicted` of each pair of cells that
        overlap, int64 (P,).
    shared : number of pixels that each pair shares, int64 (P,).
    """

    truth: Ints
    predicted: Ints
    truth_area: Ints
    predicted_area: Ints
    truth_index: Ints
    predicted_index: Ints
    shared: Ints

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each pair that overlaps."""
        areas = self.truth_area[self.truth_index] + self.predicted_area[self.predicted_index]
        return self.shared / (areas - self.shared)


@dataclass(frozen=True, eq=False)
class Matches:
    """One-to-one matches of true and predicted cells.

    truth_index, predicted_index : indices into the labels of `Overlaps`, int64 (K,).
    iou : of each match.
    """

    truth_index: Ints
    predicted_index: Ints
    iou: NDArray[np.float64]


@dataclass(frozen=True)
class MatchCounts:
    """Numbers of matches of one image, or sums over several images.

    threshold : smallest IoU of a match.
    tp : true cells with a match.
    fp : predicted cells without a match.
    fn : true cells without a match.
    iou_sum : sum of the IoU of all matches.
    """

    threshold: float
    tp: int = 0
    fp: int = 0
    fn: int = 0
    iou_sum: float = 0.0

    def __add__(self, other: "MatchCounts") -> "MatchCounts":
        if self.threshold != other.threshold:
            raise ValueError(f"counts at {self.threshold} and {other.threshold} cannot be added")
        return MatchCounts(
            self.threshold,
            self.tp + other.tp,
            self.fp + other.fp,
            self.fn + other.fn,
            self.iou_sum + other.iou_sum,
        )

    @property
    def empty(self) -> bool:
        """Whether truth and prediction have no cell."""
        return self.tp + self.fp + self.fn == 0

    def scores(self) -> Scores:
        """Scores of these counts; None where undefined, as most are without any cell.

        ap : tp / (tp + fp + fn), also called accuracy or threat score; the average precision of
            the 2018 Data Science Bowl (Caicedo et al. 2019, doi:10.1038/s41592-019-0612-7).
        precision : tp / (tp + fp). recall : tp / (tp + fn).
        f1 : 2 tp / (2 tp + fp + fn).
        pq : panoptic quality, iou_sum / (tp + fp / 2 + fn / 2) (Kirillov et al. 2019,
            arXiv:1801.00868, who match above an IoU of 0.5).
        mean_matched_iou : iou_sum / tp.
        count_error : predicted cells minus true cells.
        absolute_count_error : the same without its sign.
        """
        wrong = self.fp + self.fn
        return {
            "ap": _ratio(self.tp, self.tp + wrong),
            "precision": _ratio(self.tp, self.tp + self.fp),
            "recall": _ratio(self.tp, self.tp + self.fn),
            "f1": _ratio(2 * self.tp, 2 * self.tp + wrong),
            "pq": _ratio(self.iou_sum, self.tp + wrong / 2),
            "mean_matched_iou": _ratio(self.iou_sum, self.tp),
            "count_error": float(self.fp - self.fn),
            "absolute_count_error": float(abs(self.fp - self.fn)),
        }


@dataclass(frozen=True)
class Summary:
    """Scores of several images at one threshold.

    pooled : of all cells together; large images have more weight.
    image_means : mean of each score over the images where it is defined; images have equal weight.
    images : number of images.
    empty_images : number of images without true and predicted cells, left out of the means.
    """

    threshold: float
    pooled: Scores
    image_means: Scores
    images: int
    empty_images: int


def overlaps(truth: NDArray, predicted: NDArray) -> Overlaps:
    """Find the overlaps of two label images of equal shape (Y, X); 0 = background.

    Raises
    ------
    ValueError
        Where the shapes differ.
    """
    if truth.shape != predicted.shape:
        raise ValueError(
            f"labels of the shapes {truth.shape} and {predicted.shape} cannot be compared"
        )
    true_labels, true_image = relabel_sequential(checked_labels(truth))
    predicted_labels, predicted_image = relabel_sequential(checked_labels(predicted))
    starts = run_starts(true_image, predicted_image)
    lengths = np.diff(np.append(starts, truth.size))
    of_true = true_image.reshape(-1)[starts].astype(np.int64)
    of_predicted = predicted_image.reshape(-1)[starts].astype(np.int64)
    both = (of_true > 0) & (of_predicted > 0)
    columns = predicted_labels.size + 1
    pairs, which = np.unique(of_true[both] * columns + of_predicted[both], return_inverse=True)
    return Overlaps(
        true_labels,
        predicted_labels,
        _pixels(of_true, lengths, true_labels.size + 1)[1:],
        _pixels(of_predicted, lengths, columns)[1:],
        pairs // columns - 1,
        pairs % columns - 1,
        _pixels(which, lengths[both], pairs.size),
    )


def match(overlaps: Overlaps, threshold: float = THRESHOLDS[0]) -> Matches:
    """Match true and predicted cells one to one at an IoU threshold.

    The number of matches is the largest possible; among such assignments, the sum of IoU is the
    largest (Kuhn 1955). It is solved as a sparse problem (`scipy.sparse.csgraph`, after Jonker &
    Volgenant 1987), so memory grows linearly with the number of cells.

    Parameters
    ----------
    threshold : smallest IoU of a match, above 0 and at most 1.

    Raises
    ------
    ValueError
        Where the threshold is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"an IoU threshold is above 0 and at most 1, not {threshold}")
    iou = overlaps.iou
    candidates = np.flatnonzero(iou >= threshold)
    rows, columns = overlaps.truth_index[candidates], overlaps.predicted_index[candidates]
    alone = (np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1)
    chosen = np.concatenate(
        [candidates[alone], candidates[~alone][_assigned(overlaps, candidates[~alone])]]
    )
    chosen.sort()
    return Matches(overlaps.truth_index[chosen], overlaps.predicted_index[chosen], iou[chosen])


def count_matches(overlaps: Overlaps, threshold: float = THRESHOLDS[0]) -> MatchCounts:
    """Counts of one image at an IoU threshold."""
    found = match(overlaps, threshold)
    tp = found.iou.size
    return MatchCounts(
        threshold,
        tp,
        overlaps.predicted.size - tp,
        overlaps.truth.size - tp,
        float(found.iou.sum()),
    )


def summarise_matches(images: Sequence[MatchCounts]) -> Summary:
    """Pooled scores and means over images at one threshold; needs at least one image."""
    pooled = MatchCounts(images[0].threshold)
    for counts in images:
        pooled += counts
    scored = [counts.scores() for counts in images if not counts.empty]
    return Summary(
        pooled.threshold,
        pooled.scores(),
        {name: _mean([scores[name] for scores in scored]) for name in pooled.scores()},
        len(images),
        len(images) - len(scored),
    )


def _pixels(index: Ints, lengths: Ints, size: int) -> Ints:
    return np.bincount(index, lengths, size).astype(np.int64)


def _assigned(overlaps: Overlaps, pairs: Ints) -> NDArray[np.bool_]:
    """Which of the pairs to match, bool (P,).

    Each true cell has a dummy partner at a cost of 2; a match costs 1/2 to 1 by its IoU. So one
    match more always outweighs higher IoU.
    """
    if not pairs.size:
        return np.zeros(0, bool)
    _, rows = np.unique(overlaps.truth_index[pairs], return_inverse=True)
    _, columns = np.unique(overlaps.predicted_index[pairs], return_inverse=True)
    height, width = int(rows.max()) + 1, int(columns.max()) + 1
    dummies = np.arange(height)
    costs = np.append(1.0 - overlaps.iou[pairs] / (2 * height), np.full(height, 2.0))
    places = np.append(rows, dummies), np.append(columns, width + dummies)
    graph = coo_array((costs, places), shape=(height, width + height)).tocsr()
    row, column = min_weight_full_bipartite_matching(graph)
    partner = np.empty(height, np.int64)
    partner[row] = column
    return partner[rows] == columns


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
