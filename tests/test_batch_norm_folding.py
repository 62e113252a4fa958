import keras
import numpy as np
import pytest
from keras import layers

from cellseg.methods.cells.model import FLOAT32_LAYERS, build_cellnet
from cellseg.network.batch_norm_folding import fold_batch_norms
from cellseg.recipes.cells.settings import CellsNetwork


def taught(network, seed=0):
    """The network with statistics and factors as a training leaves them."""
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            taught(layer, seed)
        elif isinstance(layer, layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    return network


def norms(network):
    inner = [norms(layer) for layer in network.layers if isinstance(layer, keras.Model)]
    return sum(isinstance(layer, layers.BatchNormalization) for layer in network.layers) + sum(
        inner
    )


@pytest.mark.parametrize(
    "convolution",
    [
        layers.Conv2D(2, 3, use_bias=False),
        layers.Conv2D(2, 3, bias_initializer="ones"),
        layers.DepthwiseConv2D(3, use_bias=False),
        layers.Conv2DTranspose(4, 3, strides=2, use_bias=False),
    ],
    ids=["convolution", "with bias", "depthwise", "transposed"],
)
def test_a_convolution_takes_the_batch_norm_behind_it(convolution):
    inputs = keras.Input((8, 8, 3))
    network = taught(keras.Model(inputs, layers.BatchNormalization()(convolution(inputs))))
    image = np.random.default_rng(1).random((2, 8, 8, 3), np.float32)
    found = fold_batch_norms(network)
    assert norms(found) == 0
    np.testing.assert_allclose(found(image), network(image, training=False), atol=1e-5)


def test_by_hand():
    inputs = keras.Input((1, 1, 1))
    convolution = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")
    norm = layers.BatchNormalization(epsilon=0.0)
    network = keras.Model(inputs, norm(convolution(inputs)))
    norm.set_weights([np.array([v]) for v in (3.0, 5.0, 2.0, 4.0)])  # gamma, beta, mean, variance
    kernel, bias = fold_batch_norms(network).layers[1].get_weights()
    assert kernel.item() == 1.5  # 3 / sqrt(4)
    assert bias.item() == 2.0  # 5 - 1.5 * 2


def test_the_network_of_cells_says_the_same_without_its_batch_norms():
    keras.utils.set_random_seed(0)
    small = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8))
    network = taught(build_cellnet(small))
    image = np.random.default_rng(1).random((1, 64, 96, 3), np.float32)
    expected = network(image, training=False)
    before = [weight.numpy() for weight in network.weights]
    found = fold_batch_norms(network)
    assert norms(network) > 50
    assert norms(found) == 0
    assert not any(isinstance(layer, layers.Conv2DTranspose) for layer in found.layers)
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(found(image), expected, atol=1e-4 * scale)
    for old, weight in zip(before, network.weights, strict=True):
        np.testing.assert_array_equal(old, weight)


@pytest.mark.parametrize("most", [None, 6.0])
def test_a_transposed_convolution_takes_the_plain_relu_behind_its_batch_norm(most):
    inputs = keras.Input((4, 6, 3))
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same", use_bias=False)(inputs)
    x = layers.ReLU(most)(layers.BatchNormalization()(x))
    network = taught(keras.Model(inputs, x))
    found = fold_batch_norms(network)
    assert any(isinstance(layer, layers.ReLU) for layer in found.layers) == bool(most)
    image = np.random.default_rng(1).normal(size=(1, 4, 6, 3)).astype(np.float32)
    expected = network(image, training=False)
    assert np.asarray(expected).min() == 0 < np.asarray(expected).max()
    np.testing.assert_allclose(found(image), expected, atol=1e-5)


def test_a_batch_norm_that_follows_no_convolution_stays():
    inputs = keras.Input((4, 4, 2))
    network = taught(keras.Model(inputs, layers.BatchNormalization()(layers.ReLU()(inputs))))
    image = np.random.default_rng(1).random((1, 4, 4, 2), np.float32)
    found = fold_batch_norms(network)
    assert norms(found) == 1
    np.testing.assert_allclose(found(image), network(image, training=False), atol=1e-6)


def test_padding_becomes_part_of_the_strided_convolution_behind_it():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 2))
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(inputs)
    x = layers.DepthwiseConv2D(3, strides=2, use_bias=False)(x)
    network = keras.Model(inputs, layers.BatchNormalization()(x))
    found = fold_batch_norms(network)
    assert not any(isinstance(layer, layers.ZeroPadding2D) for layer in found.layers)
    image = np.random.default_rng(1).random((1, 8, 6, 2), np.float32)
    assert found(image).shape == (1, 4, 3, 2)
    np.testing.assert_allclose(found(image), network(image, training=False), atol=1e-6)


def test_other_padding_stays():
    inputs = keras.Input((None, None, 2))
    x = layers.ZeroPadding2D(1)(inputs)
    network = keras.Model(inputs, layers.Conv2D(3, 3, strides=2)(x))
    assert any(
        isinstance(layer, layers.ZeroPadding2D) for layer in fold_batch_norms(network).layers
    )


def test_the_copy_computes_in_another_precision_but_for_what_is_exact():
    keras.utils.set_random_seed(0)
    small = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8))
    network = taught(build_cellnet(small))
    image = np.random.default_rng(1).random((1, 64, 64, 3), np.float32)
    found = fold_batch_norms(network, "bfloat16", FLOAT32_LAYERS)
    kinds = {layer.name: layer.compute_dtype for layer in found.layers if layer.weights}
    assert {kinds.pop(name) for name in FLOAT32_LAYERS} == {"float32"}
    encoder = next(layer for layer in found.layers if isinstance(layer, keras.Model))
    assert {kind for name, kind in kinds.items() if name != encoder.name} == {"bfloat16"}
    expected, said = np.asarray(network(image, training=False)), np.asarray(found(image))
    assert said.dtype == "bfloat16"
    said = said.astype(np.float32)
    assert np.abs(said - expected).mean() < 0.05 * np.abs(expected).mean()
