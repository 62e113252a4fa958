"""Convolutions of stride 2 that pad their input themselves, by one row below and one column right.

Each computes what a `ZeroPadding2D` of ((0, 1), (0, 1)) and a 3x3 convolution without padding
compute, for images of any size. Where both sides are even that is TensorFlow's own padding `SAME`,
which spares the padded copy of the input.

Padding and a depthwise convolution of 256 x 256 pixels and 96 channels take 0.66 of the time in
float32 on 2 cores, 0.92 in bfloat16. `python -m benchmarks.rewrites` measures it.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

PADDING = ((0, 1), (0, 1))
"""Rows above and below, columns at the left and at the right."""


def supports_padding(layer: Any) -> bool:
    """Whether a layer is a convolution that has a counterpart here."""
    return (
        type(layer) in PADDED
        and (layer.kernel_size, layer.strides, layer.padding) == ((3, 3), (2, 2), "valid")
        and layer.data_format == "channels_last"
        and getattr(layer, "groups", 1) == 1
    )


def padded(x: tf.Tensor, convolve: Callable[[tf.Tensor, str], tf.Tensor]) -> tf.Tensor:
    """Convolve as if `x` were padded by `PADDING`.

    Parameters
    ----------
    x : (B, H, W, C).
    convolve : a 3x3 convolution of stride 2, called with its input and the name of a padding.

    Returns
    -------
    (B, H // 2, W // 2, F).
    """
    if has_even_sides(x):
        return convolve(x, "SAME")
    height, width = tf.unstack(tf.shape(x)[1:3])
    even = tf.pad(x, [[0, 0], [0, height % 2], [0, width % 2], [0, 0]])  # a copy only of odd sides
    return convolve(even, "SAME")[:, : height // 2, : width // 2]


def has_even_sides(x: tf.Tensor) -> bool:
    """Whether height and width of (B, H, W, C) are even, and known so when the graph is traced."""
    return all(side is not None and side % 2 == 0 for side in x.shape[1:3])


@keras.saving.register_keras_serializable("cellseg")
class PaddedConvolution(layers.Conv2D):
    """A padding and the convolution behind it; arguments and weights are those of `Conv2D`."""

    def call(self, inputs: Any) -> Any:
        """Pad and convolve (B, H, W, C)."""

        def convolve(x: tf.Tensor, padding: str) -> tf.Tensor:
            return _biased(self, tf.nn.conv2d(x, self.kernel, 2, padding))

        return self.activation(padded(inputs, convolve))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Half as high and wide."""
        return (*_halves(input_shape), self.filters)


@keras.saving.register_keras_serializable("cellseg")
class PaddedDepthwiseConvolution(layers.DepthwiseConv2D):
    """A padding and the depthwise convolution behind it, with the weights of `DepthwiseConv2D`."""

    def call(self, inputs: Any) -> Any:
        """Pad and convolve each channel of (B, H, W, C)."""

        def convolve(x: tf.Tensor, padding: str) -> tf.Tensor:
            return _biased(self, tf.nn.depthwise_conv2d(x, self.kernel, [1, 2, 2, 1], padding))

        return self.activation(padded(inputs, convolve))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Half as high and wide."""
        return (*_halves(input_shape), self.depth_multiplier * input_shape[-1])


PADDED: dict[type, Any] = {
    layers.Conv2D: PaddedConvolution,
    layers.DepthwiseConv2D: PaddedDepthwiseConvolution,
}
"""The counterpart of each kind of convolution."""


def _biased(layer: keras.Layer, x: tf.Tensor) -> tf.Tensor:
    return ops.add(x, ops.reshape(layer.bias, (1, 1, 1, -1))) if layer.use_bias else x


def _halves(shape: Any) -> tuple[int | None, ...]:
    batch, *sides, _ = shape
    return (batch, *(None if side is None else side // 2 for side in sides))
