"""How the recipe `cells` steps: Adam with decay, clipping, and an average of the weights."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

MOVING_AVERAGE = 0.98
"""Momentum of the average of the weights (Polyak & Juditsky 1992), which is what is kept."""

WEIGHT_DECAY = 1e-4
LARGEST_GRADIENT = 5.0


@keras.saving.register_keras_serializable("cellseg")
class ClippedAdamW(keras.optimizers.AdamW):
    """AdamW that clips the gradient of the whole batch, also where devices share it.

    Keras clips what each device found before it adds them up, which would allow a gradient as
    many times larger as there are devices.
    """

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Update the variables by the gradients of this device and its likes."""
        context = tf.distribute.get_replica_context()
        if context is not None and context.num_replicas_in_sync > 1:
            total = context.all_reduce(tf.distribute.ReduceOp.SUM, list(grads))
            clipped, _ = tf.clip_by_global_norm(total, self.global_clipnorm)
            grads = [gradient / context.num_replicas_in_sync for gradient in clipped]
        super().apply(grads, trainable_variables)


def optimizer(learning_rate: float) -> keras.optimizers.Optimizer:
    """The optimizer of the recipe, with `learning_rate` to begin with."""
    return ClippedAdamW(
        learning_rate,
        weight_decay=WEIGHT_DECAY,
        use_ema=True,
        ema_momentum=MOVING_AVERAGE,
        global_clipnorm=LARGEST_GRADIENT,
    )
