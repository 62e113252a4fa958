"""Optimizer of the recipe `cells`: AdamW with gradient clipping and a moving average of weights."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from cellseg.recipes.cells.settings import GRADIENT_NORM, MOVING_AVERAGE, WEIGHT_DECAY


@keras.saving.register_keras_serializable("cellseg")
class ClippedAdamW(keras.optimizers.AdamW):
    """AdamW that clips the gradient of the whole batch, also where devices share the batch.

    Keras clips the gradient of each device before it adds them, which would allow a gradient that
    is larger by the number of devices.
    """

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Update the variables by the gradients of this device and of the others."""
        context = tf.distribute.get_replica_context()
        if context is not None and context.num_replicas_in_sync > 1:
            total = context.all_reduce(tf.distribute.ReduceOp.SUM, list(grads))
            clipped, _ = tf.clip_by_global_norm(total, self.global_clipnorm)
            grads = [gradient / context.num_replicas_in_sync for gradient in clipped]
        super().apply(grads, trainable_variables)


def build_optimizer(learning_rate: float) -> keras.optimizers.Optimizer:
    """Build the optimizer of the recipe.

    The stored weights are an exponential moving average (Polyak & Juditsky 1992).

    Parameters
    ----------
    learning_rate : of the first step; `schedule.Schedule` changes it.
    """
    return ClippedAdamW(
        learning_rate,
        weight_decay=WEIGHT_DECAY,
        use_ema=True,
        ema_momentum=MOVING_AVERAGE,
        global_clipnorm=GRADIENT_NORM,
    )
