"""The scores that move during training, pooled over all pixels of an epoch."""

from typing import Any

import keras
from keras import ops


class ForegroundScores(keras.metrics.Metric):
    """Pixel accuracy, and IoU and Dice of the foreground.

    With tp, fp, fn and tn the pixels of an epoch: accuracy = (tp + tn) / all,
    IoU = tp / (tp + fp + fn), Dice = 2 tp / (2 tp + fp + fn). Where the foreground is empty in
    truth and prediction IoU and Dice are 0, not undefined, since Keras averages numbers.
    """

    def __init__(self, name: str = "foreground_scores", **options: object) -> None:
        super().__init__(name=name, **options)
        self.counts = [
            self.add_variable((), initializer="zeros", name=part)
            for part in ("tp", "fp", "fn", "tn")
        ]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch: truth (B, Y, X) of 0 and 1, logits (B, Y, X, 2)."""
        truth = ops.cast(y_true, "bool")
        found = y_pred[..., 1] > y_pred[..., 0]
        missed, absent = ops.logical_not(found), ops.logical_not(truth)
        hits = (found & truth, found & absent, missed & truth, missed & absent)
        for count, pixels in zip(self.counts, hits, strict=True):
            count.assign_add(ops.sum(ops.cast(pixels, "float32")))

    def result(self) -> dict[str, Any]:
        """Scores so far, fractions from 0 to 1."""
        tp, fp, fn, tn = self.counts
        return {
            "pixel_accuracy": (tp + tn) / ops.maximum(tp + fp + fn + tn, 1.0),
            "iou": tp / ops.maximum(tp + fp + fn, 1.0),
            "dice": 2.0 * tp / ops.maximum(2.0 * tp + fp + fn, 1.0),
        }
