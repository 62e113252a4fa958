import numpy as np
import pytest
from keras import layers

from cellseg.network.subpixel_convolution import (
    KERNEL_SIDES,
    is_supported,
    subpixel_convolution,
    subpixel_weights,
)


@pytest.mark.parametrize(("side", "corner"), [(3, 2), (4, 1)])
def test_a_single_pixel_becomes_the_kernel(side, corner):
    values = np.arange(1, side**2 + 1, dtype=np.float32).reshape(side, side)
    layer = layers.Conv2DTranspose(1, side, strides=2, padding="same")
    layer.build((None, None, None, 1))
    found = subpixel_convolution(layer)
    found.build((None, None, None, 1))
    found.set_weights(subpixel_weights(values[..., None, None], np.array([0.5], np.float32)))
    pixel = np.zeros((1, 3, 3, 1), np.float32)
    pixel[0, 1, 1] = 1.0
    expected = np.full((6, 6), 0.5)
    expected[corner : corner + side, corner : corner + side] += values
    np.testing.assert_array_equal(found(pixel)[0, ..., 0], expected)


@pytest.mark.parametrize("side", KERNEL_SIDES)
@pytest.mark.parametrize("activation", [None, "relu"])
def test_it_computes_what_the_transposed_convolution_does(side, activation):
    layer = layers.Conv2DTranspose(3, side, strides=2, padding="same", name="outputs")
    images = np.random.default_rng(0).normal(size=(2, 4, 6, 5)).astype(np.float32)
    layer.build(images.shape)
    layer.set_weights([*layer.get_weights()[:1], np.array([1.0, 2.0, 3.0])])
    expected = np.asarray(layer(images))
    found = subpixel_convolution(layer, activation)
    assert found.compute_output_shape((None, None, 6, 5)) == (None, None, 12, 3)
    found.build(images.shape)
    found.set_weights(subpixel_weights(*layer.get_weights()))
    if activation:
        expected = np.maximum(expected, 0)
    np.testing.assert_allclose(found(images), expected, rtol=1e-5, atol=1e-5)
    assert (found.name, found.compute_dtype) == ("outputs", "float32")


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 4},
        {"kernel_size": 3, "use_bias": False},
        {"kernel_size": 3, "activation": "sigmoid"},
    ],
)
def test_such_transposed_convolutions_are_supported(settings):
    layer = layers.Conv2DTranspose(3, strides=2, padding="same", **settings)
    assert is_supported(layer)


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 2},
        {"kernel_size": 5},
        {"kernel_size": (3, 4)},
        {"strides": 1},
        {"strides": (2, 1)},
        {"padding": "valid"},
        {"output_padding": 1},
        {"dilation_rate": 2, "strides": 1},
        {"data_format": "channels_first"},
        {"activation": "softmax"},
        {"activation": lambda x: x[::-1]},
    ],
)
def test_others_are_not(settings):
    usual = {"kernel_size": 3, "strides": 2, "padding": "same"}
    assert not is_supported(layers.Conv2DTranspose(3, **{**usual, **settings}))


def test_other_layers_are_not():
    class Derived(layers.Conv2DTranspose):
        pass

    assert not is_supported(Derived(3, 3, strides=2, padding="same"))
    assert not is_supported(layers.Conv2D(3, 4, strides=2, padding="same"))
    assert not is_supported(layers.ReLU())
