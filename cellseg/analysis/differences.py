"""What became of each cell: found, missed, invented, split or merged."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.label_runs import Ints, checked_labels, renumbered
from cellseg.analysis.matching import THRESHOLDS, Overlaps, match


class Kind(IntEnum):
    """What became of a cell.

    FOUND : matched one to one at the IoU threshold.
    MISSED : a cell of the truth that was not found, nor split, nor merged.
    FALSE : a predicted cell that matches none, nor splits, nor merges.
    SPLIT : not matched, and there are two or more predicted cells of which more than half lies in
        one cell of the truth: that cell, or one of those.
    MERGED : not matched, and there are two or more cells of the truth of which more than half
        lies in one predicted cell: one of those, or that cell.

    The majority rule is that of Matula et al. 2015 (doi:10.1371/journal.pone.0144959) for the
    need to split, used both ways. A cell both split and merged counts as merged.
    """

    FOUND = 1
    MISSED = 2
    FALSE = 3
    SPLIT = 4
    MERGED = 5


@dataclass(frozen=True, eq=False)
class Differences:
    """The kind of every cell.

    truth, predicted : labels, ascending. truth_kinds, predicted_kinds : their `Kind`, uint8.
    """

    truth: Ints
    predicted: Ints
    truth_kinds: NDArray[np.uint8]
    predicted_kinds: NDArray[np.uint8]

    def labels(self, kind: Kind) -> tuple[Ints, Ints]:
        """The labels of one kind, in the truth and in the prediction."""
        return self.truth[self.truth_kinds == kind], self.predicted[self.predicted_kinds == kind]


def differences(overlaps: Overlaps, threshold: float = THRESHOLDS[0]) -> Differences:
    """Say of every cell what became of it.

    Parameters
    ----------
    threshold : IoU from which two cells may count as one.
    """
    true_index, predicted_index = overlaps.truth_index, overlaps.predicted_index
    truth = np.full(overlaps.truth.size, Kind.MISSED, np.uint8)
    predicted = np.full(overlaps.predicted.size, Kind.FALSE, np.uint8)
    mostly_in_truth = 2 * overlaps.shared > overlaps.predicted_area[predicted_index]
    _mark(truth, predicted, true_index, predicted_index, mostly_in_truth, Kind.SPLIT)
    mostly_in_predicted = 2 * overlaps.shared > overlaps.truth_area[true_index]
    _mark(predicted, truth, predicted_index, true_index, mostly_in_predicted, Kind.MERGED)
    matches = match(overlaps, threshold)
    truth[matches.truth_index] = Kind.FOUND
    predicted[matches.predicted_index] = Kind.FOUND
    return Differences(overlaps.truth, overlaps.predicted, truth, predicted)


def kind_map(labels: NDArray, ids: Ints, kinds: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture of the kinds: uint8 (Y, X), 0 for background.

    Parameters
    ----------
    labels : the truth or the prediction, (Y, X).
    ids, kinds : its labels and kinds in the `Differences`.

    Raises
    ------
    ValueError
        Where the image holds other labels than `ids`.
    """
    found, image = renumbered(checked_labels(labels))
    if not np.array_equal(found, ids):
        raise ValueError("the label image is not the one that was compared")
    return np.append(np.uint8(0), kinds)[image]


def _mark(
    wholes: NDArray[np.uint8],
    pieces: NDArray[np.uint8],
    whole_index: Ints,
    piece_index: Ints,
    inside: NDArray[np.bool_],
    kind: Kind,
) -> None:
    """Mark the cells that hold most of two or more others, and those others."""
    several = np.bincount(whole_index[inside], minlength=wholes.size) > 1
    wholes[several] = kind
    pieces[piece_index[inside & several[whole_index]]] = kind
