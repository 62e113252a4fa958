"""Batch normalization in one operation: Keras's layer, computed by TensorFlow's fused kernel.

Keras composes a batch norm that trains of a dozen operations, each of which reads and writes the
whole array, in float32 even where the network computes in bfloat16. The fused kernel reads and
writes once, and adds up in float32 too. Results differ by rounding.

It is valid for the last axis of four, without a mask, in float32 or bfloat16; everything else, and
a batch norm that does not train, is left to Keras.

Forward and backward pass of 8 x 128 x 128 pixels and 96 channels take 0.31 of the time in float32
on 2 cores, 0.33 in bfloat16. `python -m benchmarks.rewrites` measures it.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

DTYPES = ("float32", "bfloat16")
"""Types of the inputs that the fused kernel takes, with factors in float32."""


@keras.saving.register_keras_serializable("cellseg")
class BatchNormalization(layers.BatchNormalization):
    """Keras's batch norm, fused where it can be.

    It bears Keras's name so that weights files of either fit the other.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize by channel; in training by the batch, whose statistics are kept.

        Parameters
        ----------
        inputs : (B, H, W, C).

        Returns
        -------
        The same shape and dtype: gamma (x - mean) / sqrt(variance + epsilon) + beta (Ioffe &
        Szegedy 2015, arXiv:1502.03167).
        """
        if not (training and self.trainable and mask is None and self._is_fusible(inputs)):
            return super().call(inputs, training=training, mask=mask)
        channels, none = inputs.shape[-1], np.zeros(0, np.float32)
        gamma = np.ones(channels, np.float32) if self.gamma is None else self.gamma
        beta = np.zeros(channels, np.float32) if self.beta is None else self.beta
        normal, mean, unbiased, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=ops.convert_to_tensor(gamma),
            offset=ops.convert_to_tensor(beta),
            mean=none,
            variance=none,
            epsilon=self.epsilon,
        )
        count = ops.cast(ops.size(inputs) // channels, "float32")
        variance = unbiased * (count - 1.0) / count  # as Keras keeps it
        for kept, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kept.assign(self.momentum * kept + (1.0 - self.momentum) * new)
        return normal

    def _is_fusible(self, inputs: Any) -> bool:
        """Whether the fused kernel computes what Keras does of these inputs."""
        last_of_four = len(inputs.shape) == 4 and self.axis in (-1, 3)
        dtypes = inputs.dtype in DTYPES and self.variable_dtype == "float32"
        other = getattr(self, "renorm", False) or self.synchronized
        return last_of_four and dtypes and not other


def with_fused_batch_norms(network: keras.Model) -> keras.Model:
    """A copy of a network, its weights included, whose batch norms are those of this module.

    Parameters
    ----------
    network : functional, or sequential; models inside it are copied so too.
    """

    def copied(layer: keras.Layer) -> keras.Layer:
        if not isinstance(layer, keras.Layer):  # an operation without weights
            return layer
        plain = type(layer) is layers.BatchNormalization
        return (BatchNormalization if plain else type(layer)).from_config(layer.get_config())

    copy = keras.models.clone_model(network, clone_function=copied, recursive=True)
    copy.set_weights(network.get_weights())
    return copy
