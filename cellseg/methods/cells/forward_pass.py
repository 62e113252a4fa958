"""Forward pass of the network of the recipe `cells`, with test-time augmentation."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.methods.cells.model import INPUT_MULTIPLE

FLIPS: tuple[tuple[int, ...], ...] = ((), (1,), (2,), (1, 2))
"""Axes of (B, Y, X, C) along which windows are flipped; the first is no flip."""

PROBABILITIES = 2
"""Number of outputs, the first ones, that are logits of a probability."""


class ForwardPass:
    """A network as a function of windows of 8 bits; traced once for any number and size of them."""

    def __init__(self, network: keras.Model) -> None:
        windows_spec = tf.TensorSpec((None, None, None, 3), tf.uint8)

        @tf.function(input_signature=[windows_spec], reduce_retracing=True)
        def forward(windows: tf.Tensor) -> tf.Tensor:
            outputs = network(tf.cast(windows, tf.float32) / 255.0, training=False)
            planes = tf.cast(tf.transpose(outputs, (0, 3, 1, 2)), tf.float32)
            logits, distance = planes[:, :PROBABILITIES], planes[:, PROBABILITIES:]
            return tf.concat([tf.sigmoid(logits), distance], axis=1)

        self._forward = forward

    @property
    def traces(self) -> int:
        """How often TensorFlow traced the network."""
        return int(self._forward.experimental_get_tracing_count())

    def __call__(self, windows: NDArray[np.uint8], flips: bool) -> NDArray[np.float32]:
        """Outputs of the network for windows of one shape.

        Parameters
        ----------
        windows : uint8 (B, Y, X, 3), of any size; padded by reflection to a multiple of 32.
        flips : whether to average the outputs of the windows and of their three flips.

        Returns
        -------
        float32 (B, Y, X, 3): probabilities of foreground and boundary, and the distance map.
        """
        height, width = windows.shape[1:3]
        down, right = -height % INPUT_MULTIPLE, -width % INPUT_MULTIPLE
        padding = ((0, 0), (0, down), (0, right), (0, 0))
        padded = np.pad(windows, padding, "symmetric") if down or right else windows
        outputs = [
            np.flip(self._planes(np.flip(padded, axes)), axes)
            for axes in (FLIPS if flips else FLIPS[:1])
        ]
        mean = np.mean(outputs, axis=0) if len(outputs) > 1 else outputs[0]
        return mean[:, :height, :width]

    def _planes(self, windows: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Outputs (B, Y, X, 3); each channel is contiguous in memory, since it is read alone."""
        return np.moveaxis(self._forward(windows).numpy(), 1, -1)
