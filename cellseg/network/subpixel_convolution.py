"""Transposed convolutions of stride 2 as subpixel convolutions, which a CPU computes faster.

A subpixel convolution computes four pixels of the output at each pixel of the input (Shi et al.
2016, arXiv:1609.05158; arXiv:1609.07009 shows that both are the same). TensorFlow computes a
transposed convolution to few channels slowly, and its bias and its activation as steps of their
own. Results differ by rounding.

It is valid for kernels of 3x3 or 4x4 with stride 2 and padding `same`, no dilation and no output
padding, channels last, and an activation that treats each value alone (see `is_supported`).

From 256 x 256 pixels and 48 channels to 512 x 512 and 3, in float32, it takes 0.58 of the time on 2
cores with a kernel of 4x4, and 0.67 with one of 3x3. `python -m benchmarks.rewrites` measures it.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

KERNEL_SIDES = (3, 4)
"""Sides of the kernels that can be computed so, in pixels."""

ELEMENTWISE = tuple(
    getattr(keras.activations, name) for name in ("linear", "relu", "sigmoid", "tanh")
)
"""Activations that treat each value alone, so that it does not matter where the values lie."""

UP_AND_LEFT = ((0, 0), (1, 0), (1, 0), (0, 0))
"""The padding of (B, H, W, C) for a kernel of 2x2."""


@keras.saving.register_keras_serializable("cellseg")
class SubpixelConvolution(layers.Conv2D):
    """A convolution to four pixels at a time, which then are laid side by side.

    A kernel of 4x4 of a transposed convolution becomes one of 3x3 around each pixel, one of 3x3
    becomes one of 2x2 that reaches up and left.
    """

    def call(self, inputs: Any) -> Any:
        """From (B, H, W, C) to (B, 2 H, 2 W, filters / 4)."""
        if self.padding == "valid":
            inputs = tf.pad(inputs, UP_AND_LEFT)
        return tf.nn.depth_to_space(super().call(inputs), 2)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Twice as high and wide."""
        batch, height, width, _ = input_shape
        doubled = (None if side is None else 2 * side for side in (height, width))
        return (batch, *doubled, self.filters // 4)


def is_supported(layer: keras.Layer) -> bool:
    """Whether a layer is a transposed convolution that a subpixel convolution can stand for."""
    return (
        type(layer) is layers.Conv2DTranspose
        and layer.kernel_size in {(side, side) for side in KERNEL_SIDES}
        and (layer.strides, layer.padding, layer.dilation_rate) == ((2, 2), "same", (1, 1))
        and layer.output_padding is None
        and layer.data_format == "channels_last"
        and layer.activation in ELEMENTWISE
    )


def subpixel_convolution(
    layer: layers.Conv2DTranspose, activation: str | None = None
) -> SubpixelConvolution:
    """The layer that computes what `layer` does, once it has its `subpixel_weights`.

    Parameters
    ----------
    layer : one that `is_supported`.
    activation : in place of the layer's own; None keeps that.
    """
    side = layer.kernel_size[0] - 1
    return SubpixelConvolution(
        4 * layer.filters,
        side,
        padding="same" if side % 2 else "valid",
        activation=activation or layer.activation,
        name=layer.name,
        dtype=layer.dtype_policy,
    )


def subpixel_weights(
    kernel: NDArray[np.float32], bias: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights of the subpixel convolution from those of the transposed one.

    A pixel i spreads to 2 i + k - before, k along the kernel of n and before = n // 2 - 1 what
    `same` cuts off: so the even (p = 0) and odd (p = 1) pixels 2 j + p take from the pixel j + t
    what stands at k = p + before - 2 t.

    Parameters
    ----------
    kernel : (n, n, F, C) of the transposed convolution, n one of `KERNEL_SIDES`. bias : (F,).

    Returns
    -------
    kernel : (n - 1, n - 1, C, 4 F): the pixels up left, up right, down left, down right, F values
        each.
    bias : (4 F,).
    """
    side, _, filters, channels = kernel.shape
    found = np.zeros((side - 1, side - 1, channels, 2, 2, filters), kernel.dtype)
    taps = [
        (parity, t + 1, place)
        for parity in (0, 1)
        for t in range(-1, side - 2)
        if 0 <= (place := parity + side // 2 - 1 - 2 * t) < side
    ]
    for down, row, from_row in taps:
        for right, column, from_column in taps:
            found[row, column, :, down, right] = kernel[from_row, from_column].T  # (C, F)
    return found.reshape(side - 1, side - 1, channels, 4 * filters), np.tile(bias, 4)
