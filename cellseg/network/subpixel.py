"""The last transposed convolution, computed where its input lies: several times faster on a CPU."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

TAPS = (((0, 3), (1, 1)), ((1, 2), (2, 0)))
"""For an even and an odd row of the result: a row of the 3x3 kernel with its row of the 4x4 one."""


@keras.saving.register_keras_serializable("cellseg")
class SubpixelConvolution(layers.Conv2D):
    """A transposed convolution, 4x4 of stride 2, as a 3x3 convolution to four pixels at a time.

    After Shi et al. 2016 (arXiv:1609.05158, and arXiv:1609.07009 for that both are the same).
    TensorFlow computes a transposed convolution to few channels slowly.
    """

    def call(self, inputs: Any) -> Any:
        """From (B, H, W, C) to (B, 2 H, 2 W, filters / 4)."""
        return tf.nn.depth_to_space(super().call(inputs), 2)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Twice as high and wide."""
        batch, height, width, _ = input_shape
        doubled = (None if side is None else 2 * side for side in (height, width))
        return (batch, *doubled, self.filters // 4)


def fits(layer: keras.Layer) -> bool:
    """Whether a layer is a transposed convolution that can be computed so."""
    return (
        isinstance(layer, layers.Conv2DTranspose)
        and (layer.kernel_size, layer.strides, layer.padding) == ((4, 4), (2, 2), "same")
        and layer.use_bias
    )


def subpixel(layer: layers.Conv2DTranspose) -> SubpixelConvolution:
    """The layer that computes what `layer` does; it is given `weights` when it is built."""
    config = layer.get_config()
    kept = {key: config[key] for key in ("name", "dtype", "activation")}
    return SubpixelConvolution(4 * layer.filters, 3, padding="same", **kept)


def weights(
    kernel: NDArray[np.float32], bias: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Those of the subpixel convolution.

    Parameters
    ----------
    kernel : (4, 4, F, C) of the transposed convolution. bias : (F,).

    Returns
    -------
    kernel : (3, 3, C, 4 F): the pixels up left, up right, down left, down right, F values each.
    bias : (4 F,).
    """
    _, _, filters, channels = kernel.shape
    found = np.zeros((3, 3, channels, 2, 2, filters), kernel.dtype)
    for down, rows in enumerate(TAPS):
        for right, columns in enumerate(TAPS):
            for row, from_row in rows:
                for column, from_column in columns:
                    part = kernel[from_row, from_column]  # (F, C)
                    found[row, column, :, down, right] = part.T
    return found.reshape(3, 3, channels, 4 * filters), np.tile(bias, 4)
