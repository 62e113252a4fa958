"""Outcome of each cell in a comparison: found, missed, false, split or merged."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.label_runs import Ints
from cellseg.analysis.matching import THRESHOLDS, Overlaps, match


class Outcome(IntEnum):
    """Outcome of a true or predicted cell.

    FOUND : matched one to one at the IoU threshold.
    MISSED : a true cell that is neither found, split nor merged.
    FALSE : a predicted cell that is neither matched nor part of a split or merge.
    SPLIT : an unmatched true cell that contains more than half of each of several predicted
        cells; also each of these predicted cells, unless matched.
    MERGED : an unmatched predicted cell that contains more than half of each of several true
        cells; also each of these true cells, unless matched.

    The majority criterion is that of Matula et al. 2015 (doi:10.1371/journal.pone.0144959). A cell
    that is both split and merged counts as merged.
    """

    FOUND = 1
    MISSED = 2
    FALSE = 3
    SPLIT = 4
    MERGED = 5


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Outcomes of all cells of one image.

    truth, predicted : labels, ascending, int64 (N,) and (M,).
    truth_outcomes, predicted_outcomes : `Outcome` of each label, uint8 (N,) and (M,).
    """

    truth: Ints
    predicted: Ints
    truth_outcomes: NDArray[np.uint8]
    predicted_outcomes: NDArray[np.uint8]

    def labels(self, outcome: Outcome) -> tuple[Ints, Ints]:
        """Labels with one outcome, of the truth and of the prediction."""
        return self.truth[self.truth_outcomes == outcome], self.predicted[
            self.predicted_outcomes == outcome
        ]


def cell_outcomes(overlaps: Overlaps, threshold: float = THRESHOLDS[0]) -> Outcomes:
    """Classify all cells of a comparison.

    Parameters
    ----------
    overlaps : of truth and prediction.
    threshold : smallest IoU of a match.
    """
    true_index, predicted_index = overlaps.truth_index, overlaps.predicted_index
    truth = np.full(overlaps.truth.size, Outcome.MISSED, np.uint8)
    predicted = np.full(overlaps.predicted.size, Outcome.FALSE, np.uint8)
    mostly_in_truth = 2 * overlaps.shared > overlaps.predicted_area[predicted_index]
    _mark(truth, predicted, true_index, predicted_index, mostly_in_truth, Outcome.SPLIT)
    mostly_in_predicted = 2 * overlaps.shared > overlaps.truth_area[true_index]
    _mark(predicted, truth, predicted_index, true_index, mostly_in_predicted, Outcome.MERGED)
    matches = match(overlaps, threshold)
    truth[matches.truth_index] = Outcome.FOUND
    predicted[matches.predicted_index] = Outcome.FOUND
    return Outcomes(overlaps.truth, overlaps.predicted, truth, predicted)


def _mark(
    wholes: NDArray[np.uint8],
    pieces: NDArray[np.uint8],
    whole_index: Ints,
    piece_index: Ints,
    inside: NDArray[np.bool_],
    outcome: Outcome,
) -> None:
    """Set the outcome of cells that contain most of several others, and of these others."""
    several = np.bincount(whole_index[inside], minlength=wholes.size) > 1
    wholes[several] = outcome
    pieces[piece_index[inside & several[whole_index]]] = outcome
