"""Batch-norm folding: a network without batch norms that predicts the same, and faster.

When it predicts, a batch norm is a x + b by channel, a = gamma / sqrt(variance + epsilon) and
b = beta - a mean (Ioffe & Szegedy 2015, arXiv:1502.03167). Behind a convolution, a scales the
kernel and b becomes the bias. Results differ by rounding.

It is valid for a convolution and a batch norm where

- nothing else reads the output of the convolution, and the model does not return it,
- each of the two is called once,
- the convolution has no activation of its own,
- the batch norm normalizes the last axis, which is that of the channels.

`fold_batch_norms` leaves every other convolution and batch norm as they are, so the copy is right
for any graph. On the same terms padding becomes part of the convolution of stride 2 that reads it
(see `padded_convolution`), and a transposed convolution becomes a subpixel convolution, with the
ReLU behind its batch norm (see `subpixel_convolution`).

The network of the recipe `cells` predicts 512 x 512 pixels in 0.82 of the time in float32, on 2
cores, and folded in bfloat16 in 0.51. `python -m benchmarks.rewrites` measures it.
"""

from collections.abc import Collection
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from cellseg.network import batch_norm
from cellseg.network.layer_graph import LayerGraph
from cellseg.network.padded_convolution import PADDED, PADDING, supports_padding
from cellseg.network.subpixel_convolution import (
    is_supported,
    subpixel_convolution,
    subpixel_weights,
)
from cellseg.recipes.base import Precision

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.Conv2DTranspose)
BATCH_NORMS = (layers.BatchNormalization, batch_norm.BatchNormalization)
"""Exact types; a subclass may compute something else."""

Weights = list[NDArray[np.float32]]


def fold_batch_norms(
    network: keras.Model, precision: Precision | None = None, keep_dtype: Collection[str] = ()
) -> keras.Model:
    """A copy of a network for prediction, its batch norms folded where that is valid.

    Parameters
    ----------
    network : functional, or sequential and built; it stays as it is.
    precision : of the arithmetic of the copy and of its outputs; None leaves that of each layer.
    keep_dtype : names of layers that keep their own precision.
    """
    graph = LayerGraph(network)
    norms, paddings = foldable_batch_norms(graph), absorbable_paddings(graph)
    subpixel = {layer for layer in graph.layers if is_supported(layer)}
    relus = {
        convolution: relu
        for convolution, norm in norms.items()
        if convolution in subpixel and _is_plain_relu(relu := graph.only_reader(norm))
    }
    absorbed = {*norms.values(), *paddings.values(), *relus.values()}
    copies: list[tuple[keras.Layer, keras.Layer]] = []

    def copied(layer: keras.Layer) -> keras.Layer:
        if not isinstance(layer, keras.Layer):  # an operation without weights
            return layer
        config = layer.get_config()
        if precision and "dtype" in config and layer.name not in keep_dtype:
            config["dtype"] = precision
        if layer in absorbed:
            return Absorbed(name=config["name"], dtype=config["dtype"])
        if layer in norms or layer in subpixel:
            config["use_bias"] = True
        kind: Any = PADDED[type(layer)] if layer in paddings else type(layer)
        copy = kind.from_config(config)
        if layer in subpixel:
            copy = subpixel_convolution(copy, "relu" if layer in relus else None)
        copies.append((layer, copy))
        return copy

    folded = keras.models.clone_model(network, clone_function=copied, recursive=True)
    for layer, copy in copies:
        if layer.weights:
            copy.set_weights(_weights(layer, norms.get(layer), layer in subpixel))
    return folded


def foldable_batch_norms(graph: LayerGraph) -> dict[keras.Layer, layers.BatchNormalization]:
    """By convolution, the batch norms that can be folded into it."""
    found = {}
    for layer in graph.layers:
        reader = graph.only_reader(layer) if _takes_batch_norm(layer) else None
        if _is_of_channels(reader) and not graph.is_called_for_training(reader):
            found[layer] = reader
    return found


def absorbable_paddings(graph: LayerGraph) -> dict[keras.Layer, layers.ZeroPadding2D]:
    """By convolution, the paddings that it can do itself."""
    readers = {
        layer: graph.only_reader(layer)
        for layer in graph.layers
        if type(layer) is layers.ZeroPadding2D
        and (layer.padding, layer.data_format) == (PADDING, "channels_last")
    }
    return {reader: layer for layer, reader in readers.items() if supports_padding(reader)}


@keras.saving.register_keras_serializable("cellseg")
class Absorbed(layers.Layer):
    """Identity in place of a layer whose work a convolution does."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.supports_masking = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The input itself; a batch norm may be told the mode and a mask."""
        return inputs


def scale_and_shift(norm: layers.BatchNormalization) -> tuple[Any, Any]:
    """What a batch norm multiplies by and adds when it predicts, (C,) each, float32."""
    variance, mean = _precise(norm.moving_variance), _precise(norm.moving_mean)
    gamma = 1.0 if norm.gamma is None else _precise(norm.gamma)
    scale = gamma / ops.sqrt(variance + norm.epsilon)
    beta = 0.0 if norm.beta is None else _precise(norm.beta)
    return scale, beta - scale * mean


def folded_weights(convolution: keras.Layer, norm: layers.BatchNormalization) -> tuple[Any, Any]:
    """Kernel and bias of a convolution that computes what it and the batch norm behind it do.

    Returns
    -------
    kernel : float32, of the shape of the convolution's. bias : float32 (F,).
    """
    scale, shift = scale_and_shift(norm)
    kernel = _precise(convolution.kernel)
    if isinstance(convolution, layers.DepthwiseConv2D):
        kernel = kernel * ops.reshape(scale, kernel.shape[2:])
    elif isinstance(convolution, layers.Conv2DTranspose):
        kernel = kernel * ops.expand_dims(scale, -1)
    else:
        kernel = kernel * scale
    return kernel, shift + scale * _precise(convolution.bias) if convolution.use_bias else shift


def _takes_batch_norm(layer: keras.Layer) -> bool:
    return (
        type(layer) in CONVOLUTIONS
        and layer.activation is keras.activations.linear
        and layer.data_format == "channels_last"
        and not getattr(layer, "lora_enabled", False)
    )


def _is_of_channels(layer: Any) -> bool:
    """Whether a layer is a batch norm of the last axis of (B, H, W, C)."""
    return (
        type(layer) in BATCH_NORMS and layer.axis in (-1, 3) and not getattr(layer, "renorm", False)
    )


def _is_plain_relu(layer: Any) -> bool:
    return type(layer) is layers.ReLU and (
        layer.max_value,
        layer.negative_slope,
        layer.threshold,
    ) == (None, 0, 0)


def _precise(variable: Any) -> Any:
    """A variable as a tensor of float32 at least."""
    return ops.cast(variable, keras.backend.result_type(variable.dtype, "float32"))


def _weights(layer: keras.Layer, norm: layers.BatchNormalization | None, subpixel: bool) -> Weights:
    """Those of a layer's copy."""
    if norm is not None:
        kept = [ops.convert_to_numpy(array) for array in folded_weights(layer, norm)]
    else:
        kept = layer.get_weights()
    if not subpixel:
        return kept
    if len(kept) == 1:  # without a bias
        kept.append(np.zeros(layer.filters, kept[0].dtype))
    return list(subpixel_weights(*kept))
