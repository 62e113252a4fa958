import keras
import numpy as np
import pytest
from keras import layers

from cellseg.methods.cells.model import FLOAT32_LAYERS, build_cells_unet
from cellseg.network.batch_norm_folding import fold_batch_norms
from cellseg.network.folded_training import folded_training_graph
from cellseg.network.subpixel_convolution import SubpixelConvolution
from cellseg.recipes.cells.settings import CellsNetwork
from tests.networks import SHAPE, assert_same, batch_norm, count, flat, image, trained

SMALL = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8))


def test_by_hand():
    inputs = keras.Input((1, 1, 1))
    convolution = layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")
    norm = layers.BatchNormalization(epsilon=0.0)
    network = keras.Model(inputs, norm(convolution(inputs)))
    norm.set_weights([np.array([v]) for v in (3.0, 5.0, 2.0, 4.0)])  # gamma, beta, mean, variance
    kernel, bias = fold_batch_norms(network).layers[1].get_weights()
    assert kernel.item() == 1.5  # 3 / sqrt(4)
    assert bias.item() == 2.0  # 5 - 1.5 * 2


@pytest.mark.parametrize(
    "convolution",
    [
        lambda: layers.Conv2D(2, 3, use_bias=False),
        lambda: layers.Conv2D(2, 3),
        lambda: layers.Conv2D(2, 3, activation="linear"),
        lambda: layers.Conv2D(2, 3, dilation_rate=2),
        lambda: layers.Conv2D(6, 3, groups=2),
        lambda: layers.Conv2D(2, 3, strides=2, padding="same"),
        lambda: layers.DepthwiseConv2D(3, use_bias=False),
        lambda: layers.DepthwiseConv2D(3, depth_multiplier=2),
        lambda: layers.Conv2DTranspose(4, 3, strides=2, use_bias=False),
        lambda: layers.Conv2DTranspose(4, 3, strides=2, output_padding=1, padding="same"),
        lambda: layers.Conv2DTranspose(3, 2, dilation_rate=2),
        lambda: layers.Conv2DTranspose(3, 4, strides=2, padding="same"),
    ],
)
def test_a_convolution_takes_the_batch_norm_behind_it(convolution):
    inputs = keras.Input(SHAPE)
    network = trained(keras.Model(inputs, batch_norm()(convolution()(inputs))))
    found = fold_batch_norms(network)
    assert count(found, layers.BatchNormalization) == 0
    assert_same(found, network, image())


@pytest.mark.parametrize(
    "settings",
    [
        {"scale": False},
        {"center": False},
        {"scale": False, "center": False},
        {"axis": 3},
        {"epsilon": 0.1},
        {"dtype": "mixed_bfloat16"},
    ],
)
def test_it_takes_any_batch_norm_of_its_channels(settings):
    inputs = keras.Input(SHAPE)
    convolution = layers.Conv2D(2, 3, dtype=settings.get("dtype"))
    network = trained(keras.Model(inputs, batch_norm(**settings)(convolution(inputs))))
    found = fold_batch_norms(network, "float32")
    assert count(found, layers.BatchNormalization) == 0
    half = "dtype" in settings
    expected = np.asarray(network(image(), training=False), np.float32)
    np.testing.assert_allclose(found(image()), expected, *((0.1, 0.1) if half else (1e-4, 1e-4)))


def test_layers_of_one_name_in_two_models_are_told_apart():
    def model(filters, name):
        inputs = keras.Input((None, None, 4))
        x = layers.Conv2D(filters, 3, name="convolution")(inputs)
        return keras.Model(inputs, batch_norm(name="norm")(x), name=name)

    inputs = keras.Input(SHAPE)
    x = layers.Conv2D(4, 1, activation="relu", name="convolution")(inputs)
    x = batch_norm(name="norm")(x)
    x = layers.Concatenate()([model(2, "first")(x), model(3, "second")(x)])
    network = trained(keras.Model(inputs, x))
    found = fold_batch_norms(network)
    assert count(found, layers.BatchNormalization) == 1  # that behind the activation
    assert_same(found, network, image())


def test_a_model_that_is_called_twice_is_folded_once():
    inner, inputs = keras.Input(SHAPE), keras.Input(SHAPE)
    x = batch_norm()(layers.Conv2D(4, 3, padding="same")(inner))
    model = keras.Model(inner, x)
    network = trained(keras.Model(inputs, model(model(inputs))))
    found = fold_batch_norms(network)
    assert count(found, layers.BatchNormalization) == 0
    assert_same(found, network, image())


@pytest.mark.parametrize("nested", [False, True])
def test_sequential_models_are_folded_too(nested):
    inner = keras.Input((6, 4, 2))
    last = keras.Model(inner, batch_norm()(layers.Conv2D(2, 3)(inner)))
    given = [keras.Input(SHAPE), layers.Conv2D(2, 3), batch_norm(), layers.ReLU(), last]
    network = keras.Sequential(given)
    if nested:
        inputs = keras.Input(SHAPE)
        network = keras.Model(inputs, network(inputs))
    found = fold_batch_norms(trained(network))
    assert count(found, layers.BatchNormalization) == 0
    assert_same(found, network, image())


def test_a_network_whose_layers_other_models_use_is_folded_too():
    keras.utils.set_random_seed(0)
    network = trained(build_cells_unet(SMALL.model_copy(update={"encoder_weights": "imagenet"})))
    folded_training_graph(network, "float32")
    assert count(fold_batch_norms(network), layers.BatchNormalization) == 0


def test_the_network_of_cells_says_the_same_without_its_batch_norms():
    keras.utils.set_random_seed(0)
    network = build_cells_unet(SMALL)
    rng = np.random.default_rng(0)
    for layer in flat(network):
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    x = np.random.default_rng(1).random((1, 64, 96, 3), np.float32)
    expected = network(x, training=False)
    before = [weight.numpy() for weight in network.weights]
    found = fold_batch_norms(network)
    assert count(network, layers.BatchNormalization) > 50
    assert count(found, layers.BatchNormalization) == 0
    assert count(found, layers.Conv2DTranspose, layers.ZeroPadding2D) == 0
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(found(x), expected, atol=1e-4 * scale)
    for old, weight in zip(before, network.weights, strict=True):
        np.testing.assert_array_equal(old, weight)

    half = fold_batch_norms(network, "bfloat16", FLOAT32_LAYERS)
    kinds = {layer.name: layer.compute_dtype for layer in flat(half) if layer.weights}
    assert {kinds.pop(name) for name in FLOAT32_LAYERS} == {"float32"}
    assert set(kinds.values()) == {"bfloat16"}
    said = np.asarray(half(x))
    assert said.dtype == "bfloat16"
    error = np.abs(said.astype(np.float32) - expected).mean()
    assert error < 0.05 * np.abs(expected).mean()


def transposed(x, behind):
    x = layers.Conv2DTranspose(2, 3, strides=2, padding="same", use_bias=False)(x)
    return behind(batch_norm(center=False)(x))


def with_a_second_reader(x):
    return [layers.ReLU()(x), x]


def with_a_shared_relu(x):
    relu = layers.ReLU()
    return layers.Add()([relu(x), relu(layers.Conv2D(2, 1)(relu(x)))])


@pytest.mark.parametrize(
    ("behind", "kept"),
    [
        (lambda x: layers.ReLU()(x), 0),
        (lambda x: layers.ReLU(6.0)(x), 1),
        (lambda x: layers.ReLU(negative_slope=0.1)(x), 1),
        (lambda x: layers.ReLU(threshold=0.5)(x), 1),
        (with_a_second_reader, 1),
        (with_a_shared_relu, 1),
    ],
    ids=["plain", "capped", "leaky", "threshold", "second reader", "shared"],
)
def test_a_transposed_convolution_takes_the_plain_relu_behind_its_batch_norm(behind, kept):
    inputs = keras.Input(SHAPE)
    network = trained(keras.Model(inputs, transposed(inputs, behind)))
    found = fold_batch_norms(network)
    assert count(found, SubpixelConvolution) == 1
    assert count(found, layers.BatchNormalization) == 0
    assert count(found, layers.ReLU) == kept
    assert_same(found, network, image())


@pytest.mark.parametrize("activation", ["softmax", "relu"])
def test_a_transposed_convolution_keeps_its_activation(activation):
    inputs = keras.Input(SHAPE)
    x = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation=activation)(inputs)
    network = trained(keras.Model(inputs, x))
    found = fold_batch_norms(network)
    assert count(found, SubpixelConvolution) == (activation == "relu")
    assert_same(found, network, image())
