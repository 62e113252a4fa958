"""Pixel scores: how well a mask covers the true one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PixelCounts:
    """Pixels of one image, or of many added up, by truth and prediction.

    tp : foreground found. fp : background called foreground. fn : foreground missed.
    tn : background found.
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
        """The scores of these pixels, fractions from 0 to 1, None where undefined.

        pixel_accuracy : (tp + tn) / all.
        majority_accuracy : what calling every pixel the commoner class would score.
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
    """Compare two masks of one shape pixel by pixel.

    Parameters
    ----------
    truth, predicted : bool arrays (Y, X); true is foreground.

    Raises
    ------
    ValueError
        Where the shapes differ.
    """
    if truth.shape != predicted.shape:
        raise ValueError(f"masks of shapes {truth.shape} and {predicted.shape} do not compare")
    tp = int(np.count_nonzero(truth & predicted))
    fp = int(np.count_nonzero(predicted)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return PixelCounts(tp, fp, fn, truth.size - tp - fp - fn)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
