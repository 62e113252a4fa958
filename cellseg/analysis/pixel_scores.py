"""Pixel scores of a predicted mask against the true mask."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PixelCounts:
    """Pixel counts of one image, or sums over several images.

    tp, fp : predicted foreground pixels that are true, and that are false.
    fn, tn : predicted background pixels that are false, and that are true.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def __add__(self, other: "PixelCounts") -> "PixelCounts":
        return PixelCounts(
            self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn
        )

    def scores(self) -> dict[str, float | None]:
        """Scores from 0 to 1; None where undefined.

        pixel_accuracy : (tp + tn) / all.
        majority_accuracy : pixel accuracy of predicting the more frequent class for all pixels.
        iou : tp / (tp + fp + fn) of the foreground (Jaccard 1912).
        dice : 2 tp / (2 tp + fp + fn) of the foreground (Dice 1945).
        iou_background : tn / (tn + fp + fn).
        """
        total = self.tp + self.fp + self.fn + self.tn
        foreground = self.tp + self.fn
        wrong = self.fp + self.fn
        return {
            "pixel_accuracy": _ratio(self.tp + self.tn, total),
            "majority_accuracy": _ratio(max(foreground, total - foreground), total),
            "iou": _ratio(self.tp, self.tp + wrong),
            "dice": _ratio(2 * self.tp, 2 * self.tp + wrong),
            "iou_background": _ratio(self.tn, self.tn + wrong),
        }


def count_pixels(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> PixelCounts:
    """Count the pixels of two masks by truth and prediction.

    Parameters
    ----------
    truth, predicted : (Y, X), bool; True is foreground.

    Raises
    ------
    ValueError
        Where the shapes differ.
    """
    if truth.shape != predicted.shape:
        raise ValueError(
            f"masks of the shapes {truth.shape} and {predicted.shape} cannot be compared"
        )
    tp = int(np.count_nonzero(truth & predicted))
    fp = int(np.count_nonzero(predicted)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return PixelCounts(tp, fp, fn, truth.size - tp - fp - fn)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
