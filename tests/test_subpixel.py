import numpy as np
from keras import layers

from cellseg.network.subpixel import fits, subpixel, weights


def test_a_single_pixel_becomes_the_kernel():
    kernel = np.arange(16, dtype=np.float32).reshape(4, 4, 1, 1)
    layer = layers.Conv2DTranspose(1, 4, strides=2, padding="same")
    layer.build((None, None, None, 1))
    found = subpixel(layer)
    found.build((None, None, None, 1))
    found.set_weights(weights(kernel, np.array([0.5], np.float32)))
    pixel = np.zeros((1, 3, 3, 1), np.float32)
    pixel[0, 1, 1] = 1.0
    expected = np.full((6, 6), 0.5)
    expected[1:5, 1:5] += np.arange(16).reshape(4, 4)
    np.testing.assert_array_equal(found(pixel)[0, ..., 0], expected)


def test_it_computes_what_the_transposed_convolution_does():
    layer = layers.Conv2DTranspose(3, 4, strides=2, padding="same", name="outputs")
    images = np.random.default_rng(0).normal(size=(2, 4, 6, 5)).astype(np.float32)
    layer.build(images.shape)
    layer.set_weights([*layer.get_weights()[:1], np.array([1.0, 2.0, 3.0])])
    expected = layer(images)
    found = subpixel(layer)
    assert found.compute_output_shape((None, None, 6, 5)) == (None, None, 12, 3)
    found.build(images.shape)
    found.set_weights(weights(*layer.get_weights()))
    np.testing.assert_allclose(found(images), expected, rtol=1e-5, atol=1e-5)
    assert (found.name, found.compute_dtype) == ("outputs", "float32")


def test_only_such_transposed_convolutions_fit():
    assert fits(layers.Conv2DTranspose(3, 4, strides=2, padding="same"))
    assert not fits(layers.Conv2DTranspose(3, 3, strides=2, padding="same"))
    assert not fits(layers.Conv2D(3, 4, strides=2, padding="same"))
