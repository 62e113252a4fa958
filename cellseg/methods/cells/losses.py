"""Loss of the recipe `cells`."""

from typing import Any

import keras
from keras import ops

BOUNDARY_WEIGHT = 0.5
"""Weight of the boundary term."""

DISTANCE_WEIGHT = 2.0
"""Weight of the distance term."""


@keras.saving.register_keras_serializable("cellseg")
class CellsLoss(keras.losses.Loss):
    """Sum of Dice and cross-entropy of the foreground, cross-entropy of the boundary, and L1.

    Cross-entropies and the L1 distance of the distance map are means over pixels, weighted by the
    fourth channel of the targets. The Dice loss of an image is 1 - 2 sum(p t) / (sum(p) + sum(t)),
    with p the probability and t the target (Milletari et al. 2016, arXiv:1606.04797); 1 is added to
    numerator and denominator.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of each image of a batch.

        Parameters
        ----------
        y_true : float (B, Y, X, 4): foreground, boundary, distance, weight.
        y_pred : float (B, Y, X, 3): the outputs of `model.build_cells_unet`.

        Returns
        -------
        float32 (B,).
        """
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        foreground, boundary, distance, weight = ops.unstack(y_true, 4, axis=-1)
        foreground_logit, boundary_logit, predicted_distance = ops.unstack(y_pred, 3, axis=-1)
        probability = ops.sigmoid(foreground_logit)
        spatial = (1, 2)
        overlap = ops.sum(probability * foreground, spatial)
        dice = 1.0 - (2.0 * overlap + 1.0) / (
            ops.sum(probability, spatial) + ops.sum(foreground, spatial) + 1.0
        )
        per_pixel = (
            _cross_entropy(foreground, foreground_logit)
            + BOUNDARY_WEIGHT * _cross_entropy(boundary, boundary_logit)
            + DISTANCE_WEIGHT * ops.abs(predicted_distance - distance)
        )
        return dice + ops.sum(weight * per_pixel, spatial) / ops.sum(weight, spatial)


def _cross_entropy(target: Any, logit: Any) -> Any:
    """Binary cross-entropy from logits, numerically stable for large ones."""
    return ops.maximum(logit, 0.0) - logit * target + ops.log1p(ops.exp(-ops.abs(logit)))
