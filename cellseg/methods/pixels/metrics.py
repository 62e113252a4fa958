"""Scores during a training by the recipe `pixels`, pooled over all pixels of an epoch."""

from typing import Any

import keras
from keras import ops


class ForegroundScores(keras.metrics.Metric):
    """Pixel accuracy, and IoU and Dice of the foreground.

    With tp, fp, fn and tn the pixels of an epoch: accuracy = (tp + tn) / all,
    IoU = tp / (tp + fp + fn), Dice = 2 tp / (2 tp + fp + fn). If the foreground is empty in truth
    and prediction, IoU and Dice are 0 instead of undefined, since Keras averages them.
    """

    def __init__(self, name: str = "foreground_scores", **options: object) -> None:
        super().__init__(name=name, **options)
        self.counts = [
            self.add_variable((), initializer="zeros", name=part)
            for part in ("tp", "fp", "fn", "tn")
        ]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch: y_true (B, Y, X) of 0 and 1, y_pred logits (B, Y, X, 2)."""
        positive = ops.cast(y_true, "bool")
        predicted = y_pred[..., 1] > y_pred[..., 0]
        negative, rejected = ops.logical_not(positive), ops.logical_not(predicted)
        outcomes = (
            predicted & positive,
            predicted & negative,
            rejected & positive,
            rejected & negative,
        )
        for count, pixels in zip(self.counts, outcomes, strict=True):
            count.assign_add(ops.sum(ops.cast(pixels, "float32")))

    def result(self) -> dict[str, Any]:
        """Scores so far, fractions from 0 to 1."""
        tp, fp, fn, tn = self.counts
        return {
            "pixel_accuracy": (tp + tn) / ops.maximum(tp + fp + fn + tn, 1.0),
            "iou": tp / ops.maximum(tp + fp + fn, 1.0),
            "dice": 2.0 * tp / ops.maximum(2.0 * tp + fp + fn, 1.0),
        }
