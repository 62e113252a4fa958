"""What the training of the recipe `cells` makes small."""

from typing import Any

import keras
from keras import ops

BOUNDARY = 0.5
"""Weight of the boundary term."""

DISTANCE = 2.0
"""Weight of the distance term."""


@keras.saving.register_keras_serializable("cellseg")
class CellsLoss(keras.losses.Loss):
    """Foreground and boundary by cross-entropy, the foreground by Dice too, the distance by L1.

    Cross-entropies and L1 are means over pixels, each weighted as the fourth channel of the truth
    says. Dice is 1 - 2 sum(p t) / (sum(p) + sum(t)) of each image, p the probability and t the
    truth (Milletari et al. 2016, arXiv:1606.04797).
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each image of a batch.

        Parameters
        ----------
        y_true : (B, Y, X, 4): foreground, boundary, distance, weight.
        y_pred : (B, Y, X, 3): as `cellnet.build_cellnet` gives them.
        """
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        truth, edge, distance, weight = ops.unstack(y_true, 4, axis=-1)
        logit, edge_logit, share = ops.unstack(y_pred, 3, axis=-1)
        probability = ops.sigmoid(logit)
        pixels = (1, 2)
        overlap = ops.sum(probability * truth, pixels)
        dice = 1.0 - (2.0 * overlap + 1.0) / (
            ops.sum(probability, pixels) + ops.sum(truth, pixels) + 1.0
        )
        by_pixel = (
            _cross_entropy(truth, logit)
            + BOUNDARY * _cross_entropy(edge, edge_logit)
            + DISTANCE * ops.abs(share - distance)
        )
        return dice + ops.sum(weight * by_pixel, pixels) / ops.sum(weight, pixels)


def _cross_entropy(truth: Any, logit: Any) -> Any:
    """Of two classes, from the logit, stable for large ones."""
    return ops.maximum(logit, 0.0) - logit * truth + ops.log1p(ops.exp(-ops.abs(logit)))
