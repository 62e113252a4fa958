"""A network as it is quickest to train: its very weights, computed in another way."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from cellseg.network.batch_norm_folding import (
    called,
    norms_behind,
    paddings_before,
    scale_and_shift,
    scaled,
)
from cellseg.recipes.base import Precision


def folded_training_graph(network: keras.Model, precision: Precision) -> keras.Model:
    """A model of the same weights: what it learns, the network has learned.

    Where the batch norms of an encoder in the network are frozen they are folded into the
    convolutions before them, anew at every step (see `fold_batch_norms`); so bfloat16 pays there
    too. Results differ from those of the network by rounding.

    Parameters
    ----------
    network : sides of its images are multiples of 32.
    precision : of the arithmetic of such an encoder.
    """

    def shared(layer: keras.Layer) -> keras.Layer:
        frozen = isinstance(layer, keras.Model) and layer.trainable and _frozen(layer)
        return _folded(layer, precision) if frozen else layer

    return keras.models.clone_model(network, clone_function=shared, call_function=called)


class FoldedConvolution(layers.Layer):
    """A convolution that learns, and the frozen batch norm behind it, in one operation.

    It has the weights of both. Kernel, scale and shift are multiplied in float32 and rounded once.
    Bfloat16 has no use for a stride of 2 in the gradient of a depthwise convolution: TensorFlow
    computes that thirty times slower than any other, hence `strided_depthwise`.

    Parameters
    ----------
    convolution : of stride 1, or of stride 2 of images whose sides are even.
    """

    def __init__(
        self, convolution: keras.Layer, norm: layers.BatchNormalization, precision: Precision
    ) -> None:
        super().__init__(dtype=precision, autocast=False, name=f"{convolution.name}_folded")
        self.convolution, self.norm = convolution, norm

    def call(self, x: Any) -> Any:
        """Convolve (B, H, W, C), and scale and shift the result as the batch norm would."""
        scale, shift = scale_and_shift(self.norm)
        kernel = ops.cast(scaled(self.convolution, scale), self.compute_dtype)
        x, strides = ops.cast(x, self.compute_dtype), self.convolution.strides
        if not isinstance(self.convolution, layers.DepthwiseConv2D):
            x = ops.conv(x, kernel, strides, "same")
        elif strides == (2, 2) and keras.backend.backend() == "tensorflow":
            x = strided_depthwise(x, kernel)
        else:
            x = ops.depthwise_conv(x, kernel, strides, "same")
        return x + ops.cast(shift, self.compute_dtype)


@tf.custom_gradient
def strided_depthwise(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """A depthwise convolution of stride 2, whose gradient has no stride.

    Of the input the gradient is that of the output with zeros between its pixels, convolved with
    the kernel turned by half a circle.

    Parameters
    ----------
    x : (B, H, W, C), H and W even. kernel : (3, 3, C, 1).

    Returns
    -------
    (B, H / 2, W / 2, C), padded by one row of zeros below and one column at the right.
    """

    def gradients(slope: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        batch, height, width, _ = tf.unstack(tf.shape(slope))
        channels = x.shape[-1]
        rows = tf.reshape(slope, [batch, height, 1, width, channels])
        spread = tf.pad(rows, [[0, 0], [1, 0], [0, 1], [1, 0], [0, channels]])
        spread = tf.reshape(spread, [batch, 2 * (height + 1), 2 * (width + 1), channels])
        turned = tf.reverse(kernel, [0, 1])
        return (
            tf.nn.depthwise_conv2d(spread, turned, [1, 1, 1, 1], "VALID"),
            tf.nn.depthwise_conv2d_backprop_filter(x, kernel.shape, slope, [1, 2, 2, 1], "SAME"),
        )

    return tf.nn.depthwise_conv2d(x, kernel, [1, 2, 2, 1], "SAME"), gradients


def _frozen(encoder: keras.Model) -> bool:
    norms = [one for one in encoder.layers if isinstance(one, layers.BatchNormalization)]
    return bool(norms) and not any(norm.trainable for norm in norms)


def _folded(encoder: keras.Model, precision: Precision) -> keras.Model:
    norms, paddings = norms_behind(encoder), paddings_before(encoder).values()
    absorbed = {layer.name for layer in (*norms.values(), *paddings)}

    def copied(layer: keras.Layer) -> keras.Layer:
        if layer.name in norms:
            return FoldedConvolution(layer, norms[layer.name], precision)
        if layer.name in absorbed:
            return layers.Identity(dtype=precision)
        if layer.weights or isinstance(layer, layers.InputLayer):
            return layer
        return layer.__class__.from_config({**layer.get_config(), "dtype": precision})

    return keras.models.clone_model(encoder, clone_function=copied, call_function=called)
