"""The same network without batch norms, for prediction: each becomes part of what it follows."""

from collections.abc import Collection
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from cellseg.network.subpixel_convolution import (
    is_supported,
    subpixel_convolution,
    subpixel_weights,
)
from cellseg.recipes.base import Precision

PADDED = ((0, 1), (0, 1))
"""What MobileNetV2 pads by before a stride of 2: as `same` does where sides are even."""

Weights = list[NDArray[np.float32]]


def fold_batch_norms(
    network: keras.Model, precision: Precision | None = None, exact: Collection[str] = ()
) -> keras.Model:
    """A copy whose batch norms are folded into the convolutions before them.

    When it predicts, a batch norm is a x + b by channel, a = gamma / sqrt(variance + epsilon) and
    b = beta - a mean (Ioffe & Szegedy 2015); a scales the kernel, b becomes the bias. Results
    differ from those of the network by rounding. A convolution whose output goes to a batch norm
    must go nowhere else, and have no activation of its own. Padding becomes part of the strided
    convolution behind it. A transposed convolution becomes a `SubpixelConvolution`,
    together with the ReLU behind its batch norm.

    Parameters
    ----------
    network : sides of its images are multiples of 32.
    precision : of the arithmetic of the copy and of its outputs; None leaves that of each layer.
    exact : names of layers that keep their own.
    """
    found = {layer.name: layer for layer in _layers(network)}
    norms = norms_behind(network)
    padded = paddings_before(network)
    finer = {
        name
        for name, layer in found.items()
        if is_supported(layer) and (layer.use_bias or name in norms)
    }
    relus = {name: relu for name, relu in relus_behind(network, norms).items() if name in finer}
    absorbed = {layer.name for layer in (*norms.values(), *padded.values(), *relus.values())}

    def copied(layer: keras.Layer) -> keras.Layer:
        if not isinstance(layer, keras.Layer):  # an operation without weights
            return layer
        config = layer.get_config()
        if precision and layer.name not in exact:
            config["dtype"] = precision
        if layer.name in absorbed:
            return layers.Identity(name=config["name"], dtype=config["dtype"])
        if layer.name in padded:
            config["padding"] = "same"
        if layer.name in norms:
            config["use_bias"] = True
        same = layer.__class__.from_config(config)
        if layer.name in finer:
            return subpixel_convolution(same, "relu" if layer.name in relus else None)
        return same

    copy = keras.models.clone_model(
        network, clone_function=copied, call_function=called, recursive=True
    )
    for layer in _layers(copy):
        if not layer.weights:
            continue
        same = found[layer.name]
        norm = norms.get(layer.name)
        kept = _weights(same, norm) if norm else same.get_weights()
        layer.set_weights(subpixel_weights(*kept) if layer.name in finer else kept)
    return copy


def norms_behind(network: keras.Model) -> dict[str, layers.BatchNormalization]:
    """The batch norms that a convolution's output goes to, by the name of the convolution."""
    found = _layers(network)
    makers = {id(layer.output): layer for layer in found if _is_convolution(layer)}
    return {
        makers[id(layer.input)].name: layer
        for layer in found
        if isinstance(layer, layers.BatchNormalization) and id(layer.input) in makers
    }


def relus_behind(
    network: keras.Model, norms: dict[str, layers.BatchNormalization]
) -> dict[str, layers.ReLU]:
    """The plain ReLUs that these batch norms go to, by the name of the convolution.

    Parameters
    ----------
    norms : as `norms_behind` finds them; each goes nowhere else if a ReLU is behind it.
    """
    makers = {id(norm.output): name for name, norm in norms.items()}
    return {
        makers[id(layer.input)]: layer
        for layer in _layers(network)
        if isinstance(layer, layers.ReLU)
        and (layer.max_value, layer.negative_slope, layer.threshold) == (None, 0, 0)
        and id(layer.input) in makers
    }


def paddings_before(network: keras.Model) -> dict[str, layers.ZeroPadding2D]:
    """The paddings that convolutions of stride 2 follow, by the name of the convolution."""
    found = _layers(network)
    makers = {
        id(layer.output): layer
        for layer in found
        if isinstance(layer, layers.ZeroPadding2D) and layer.padding == PADDED
    }
    return {
        layer.name: makers[id(layer.input)]
        for layer in found
        if _is_convolution(layer)
        and (layer.kernel_size, layer.strides) == ((3, 3), (2, 2))
        and id(layer.input) in makers
    }


def called(layer: keras.Layer, *given: Any, **named: Any) -> Any:
    """Call a layer that stands in for another in a copied network."""
    named.pop("mask", None)  # a batch norm takes one
    return layer(*given, **named)


def scale_and_shift(norm: layers.BatchNormalization) -> tuple[Any, Any]:
    """What a batch norm multiplies by and adds when it predicts, (C,) each, float32."""
    scale = norm.gamma / ops.sqrt(norm.moving_variance + norm.epsilon)
    return scale, norm.beta - scale * norm.moving_mean


def scaled(convolution: keras.Layer, scale: Any) -> Any:
    """The kernel of a convolution whose output channels are multiplied by `scale`, (C,)."""
    kernel = convolution.kernel
    if isinstance(convolution, layers.DepthwiseConv2D):
        return kernel * ops.reshape(scale, kernel.shape[2:])
    if isinstance(convolution, layers.Conv2DTranspose):
        return kernel * ops.expand_dims(scale, -1)
    return kernel * scale


def _layers(network: keras.Model) -> list[keras.Layer]:
    """The layers of a network and of the networks in it."""
    found = []
    for layer in network.layers:
        found += _layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def _is_convolution(layer: keras.Layer) -> bool:
    kinds = (layers.Conv2D, layers.DepthwiseConv2D, layers.Conv2DTranspose)
    return isinstance(layer, kinds)


def _weights(layer: keras.Layer, norm: layers.BatchNormalization) -> Weights:
    """Kernel and bias of a convolution with the batch norm behind it."""
    scale, shift = scale_and_shift(norm)
    bias = shift + scale * layer.bias if layer.use_bias else shift
    return [ops.convert_to_numpy(array) for array in (scaled(layer, scale), bias)]
