"""Batch normalization in one operation, where TensorFlow computes."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


@keras.saving.register_keras_serializable("cellseg")
class BatchNormalization(layers.BatchNormalization):
    """Keras's batch norm of the last axis, computed by TensorFlow's fused kernel where it learns.

    Keras composes it of a dozen operations, each of which goes through memory, in float32 even
    where the network computes in bfloat16; on a CPU that is a third of a training step. The fused
    kernel too adds up in float32. Results differ by rounding. It bears Keras's name so that weights
    files of either fit the other. On other backends it is Keras's.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize by channel; while it learns by the batch, and take note of its statistics.

        Parameters
        ----------
        inputs : (B, H, W, C).

        Returns
        -------
        The same shape and dtype: gamma (x - mean) / sqrt(variance + epsilon) + beta (Ioffe &
        Szegedy 2015, arXiv:1502.03167).
        """
        fused = keras.backend.backend() == "tensorflow" and mask is None
        if not (fused and training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        none = np.zeros(0, np.float32)
        normal, mean, unbiased, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=ops.convert_to_tensor(self.gamma),
            offset=ops.convert_to_tensor(self.beta),
            mean=none,
            variance=none,
            epsilon=self.epsilon,
        )
        count = ops.cast(ops.size(inputs) // inputs.shape[-1], "float32")
        variance = unbiased * (count - 1.0) / count  # as Keras keeps it
        for kept, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(self.momentum * kept + (1.0 - self.momentum) * new)
        return normal


def with_fused_batch_norms(network: keras.Model) -> keras.Model:
    """A copy of a network, its weights included, whose batch norms are those of this module."""

    def copied(layer: keras.Layer) -> keras.Layer:
        norm = isinstance(layer, layers.BatchNormalization)
        return (BatchNormalization if norm else layer.__class__).from_config(layer.get_config())

    copy = keras.models.clone_model(network, clone_function=copied)
    copy.set_weights(network.get_weights())
    return copy
