"""A network as it trains fastest: the same weights, frozen batch norms folded into convolutions.

A batch norm that does not train is a factor and a shift by channel, in training as in prediction.
Behind a convolution that trains both are folded into its kernel and its bias at every step (see
`batch_norm_folding`), so that one operation computes both, in bfloat16 where the processor has it.
Results differ by rounding.

It is valid on the terms of `batch_norm_folding`, for batch norms that are frozen while the graph
trains. It is done in encoders (models inside the network) that train and whose batch norms are all
frozen, for 2D and depthwise convolutions; everything else stays as it is.

A training step of the recipe `cells` (batches of 8, 256 x 256 pixels, without the optimizer) takes
0.74 of the time in float32 on 2 cores, and 0.59 in bfloat16, against an encoder in float32.
`python -m benchmarks.rewrites` measures it.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from cellseg.network.batch_norm_folding import (
    Absorbed,
    absorbable_paddings,
    foldable_batch_norms,
    folded_weights,
)
from cellseg.network.layer_graph import LayerGraph, is_graph
from cellseg.network.padded_convolution import PADDING, has_even_sides
from cellseg.recipes.base import Precision


def folded_training_graph(network: keras.Model, precision: Precision) -> keras.Model:
    """A model of the same weights: what it learns, the network has learned.

    Parameters
    ----------
    network : functional; it stays as it is.
    precision : of the arithmetic of encoders whose batch norms are folded.
    """
    graph = LayerGraph(network)
    norms = {
        convolution: norm
        for convolution, norm in foldable_batch_norms(graph).items()
        if not norm.trainable and _is_supported(convolution)
    }
    paddings = absorbable_paddings(graph)
    absorbed = {*norms.values(), *(paddings[layer] for layer in norms if layer in paddings)}

    def copied(layer: keras.Layer) -> keras.Layer:
        """What an encoder's layer becomes; what has weights and is not folded stays itself."""
        if layer in norms:
            return FoldedConvolution(layer, norms[layer], precision, layer in paddings)
        if layer in absorbed:
            return Absorbed(dtype=precision)
        computes = isinstance(layer, keras.Layer) and not is_graph(layer)
        if not computes or layer.weights or isinstance(layer, layers.InputLayer):
            return layer
        return layer.__class__.from_config({**layer.get_config(), "dtype": precision})

    def encoder(layer: keras.Layer) -> keras.Layer:
        if is_graph(layer) and layer.trainable and _is_frozen(layer):
            return keras.models.clone_model(layer, clone_function=copied)
        return layer

    return keras.models.clone_model(network, clone_function=encoder)


class FoldedConvolution(layers.Layer):
    """A convolution that trains, and the frozen batch norm behind it, in one operation.

    It has the weights of both. Kernel, scale and shift are multiplied in float32 and rounded once.

    Parameters
    ----------
    convolution : 2D or depthwise, without an activation.
    norm : the frozen batch norm that reads it.
    precision : of the arithmetic and of the output.
    pads : whether it also does the work of the padding before it (see `padded_convolution`).
    """

    def __init__(
        self,
        convolution: keras.Layer,
        norm: layers.BatchNormalization,
        precision: Precision,
        pads: bool = False,
    ) -> None:
        super().__init__(dtype=precision, autocast=False, name=f"{convolution.name}_folded")
        self.convolution, self.norm, self.pads = convolution, norm, pads

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Convolve (B, H, W, C), and scale and shift the result as the batch norm would.

        Raises
        ------
        ValueError
            In training, where the batch norm is frozen no more.
        """
        if training and self.norm.trainable:
            raise ValueError(
                f"The batch norm {self.norm.name} trains, but it is folded into the convolution "
                f"{self.convolution.name}: freeze it, or build the training graph again."
            )
        kernel, bias = folded_weights(self.convolution, self.norm)
        kernel, bias, x = (ops.cast(one, self.compute_dtype) for one in (kernel, bias, inputs))
        return self._convolved(x, kernel) + bias

    def _convolved(self, x: Any, kernel: Any) -> Any:
        convolution = self.convolution
        depthwise = isinstance(convolution, layers.DepthwiseConv2D)
        padding = convolution.padding
        if self.pads and has_even_sides(x):
            padding = "same"
        elif self.pads:
            x = tf.pad(x, [[0, 0], *PADDING, [0, 0]])
        half = self.compute_dtype == "bfloat16" and _is_strided(convolution)
        if half and padding == "same" and has_even_sides(x):
            return strided_depthwise(x, kernel)
        convolve = ops.depthwise_conv if depthwise else ops.conv
        return convolve(
            x, kernel, convolution.strides, padding, "channels_last", convolution.dilation_rate
        )


@tf.custom_gradient
def strided_depthwise(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """A depthwise convolution of stride 2, whose gradient has no stride.

    The gradient by the input is that of the output with zeros between its pixels, convolved with
    the kernel turned by half a circle. For 8 x 128 x 128 pixels and 96 channels on 2 cores, both
    passes take 0.03 of the time of TensorFlow's own in bfloat16, and 1.4 times as long in float32.

    Parameters
    ----------
    x : (B, H, W, C), H and W even. kernel : (3, 3, C, 1).

    Returns
    -------
    (B, H / 2, W / 2, C), padded by one row of zeros below and one column at the right.

    Raises
    ------
    ValueError
        Where H or W is odd or unknown, or the kernel has another shape.
    """
    if not has_even_sides(x):
        raise ValueError(
            f"The sides of the input must be even and known, but its shape is {tuple(x.shape)}; "
            "use tf.nn.depthwise_conv2d."
        )
    if tuple(kernel.shape) != (3, 3, x.shape[-1], 1):
        raise ValueError(
            f"The kernel must be (3, 3, {x.shape[-1]}, 1), but its shape is {tuple(kernel.shape)}; "
            "use tf.nn.depthwise_conv2d."
        )

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


def _is_supported(convolution: keras.Layer) -> bool:
    """Whether `FoldedConvolution` computes what a convolution does in training."""
    return (
        type(convolution) in (layers.Conv2D, layers.DepthwiseConv2D)
        and getattr(convolution, "groups", 1) == 1
        and convolution.activity_regularizer is None
    )


def _is_strided(convolution: keras.Layer) -> bool:
    """Whether `strided_depthwise` has a faster gradient for a convolution."""
    return (
        isinstance(convolution, layers.DepthwiseConv2D)
        and convolution.strides == (2, 2)
        and convolution.kernel_size == (3, 3)
        and convolution.depth_multiplier == 1
    )


def _is_frozen(encoder: keras.Model) -> bool:
    norms = [one for one in encoder.layers if isinstance(one, layers.BatchNormalization)]
    return bool(norms) and not any(norm.trainable for norm in norms)
