import keras
import numpy as np
import pytest
from keras import layers

from cellseg.network.batch_norm_folding import fold_batch_norms
from cellseg.network.padded_convolution import PaddedConvolution, PaddedDepthwiseConvolution
from tests.networks import assert_same, count

KINDS = (PaddedConvolution, PaddedDepthwiseConvolution)
CHANNELS = 4


def padding(*sides, **settings):
    return layers.ZeroPadding2D(sides or ((0, 1), (0, 1)), **settings)


def images(height, width):
    x = np.random.default_rng(1).normal(size=(2, height, width, CHANNELS))
    return x.astype(np.float32)


def test_by_hand():
    layer = PaddedConvolution(1, 3, strides=2, use_bias=False, kernel_initializer="ones")
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(
        np.asarray(layer(x))[0, ..., 0],
        [
            [0 + 1 + 2 + 4 + 5 + 6 + 8 + 9 + 10, 2 + 3 + 6 + 7 + 10 + 11],
            [8 + 9 + 10 + 12 + 13 + 14, 10 + 11 + 14 + 15],
        ],
    )
    corner = np.asarray(layer(x[:, :3, :3]))  # nothing is padded that the kernel reaches
    assert corner.ravel() == [45.0]


@pytest.mark.parametrize("known", [True, False], ids=["known sides", "any sides"])
@pytest.mark.parametrize("sides", [(8, 6), (7, 5), (8, 5), (3, 4)])
@pytest.mark.parametrize(
    "convolution",
    [
        lambda: layers.Conv2D(2, 3, strides=2, activation="relu", bias_initializer="ones"),
        lambda: layers.Conv2D(2, 3, strides=2, use_bias=False, dtype="mixed_bfloat16"),
        lambda: layers.DepthwiseConv2D(3, strides=2, activation="relu", bias_initializer="ones"),
        lambda: layers.DepthwiseConv2D(3, strides=2, use_bias=False, depth_multiplier=2),
    ],
    ids=["convolution", "half precision", "depthwise", "depthwise to more channels"],
)
def test_padding_becomes_part_of_the_strided_convolution_behind_it(convolution, sides, known):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((*(sides if known else (None, None)), CHANNELS))
    network = keras.Model(inputs, convolution()(padding()(inputs)))
    found = fold_batch_norms(network)
    assert count(found, *KINDS) == 1
    assert count(found, layers.ZeroPadding2D) == 0
    assert found.output_shape[-1] == network.output_shape[-1]
    assert found.output_shape[1:3] == ((sides[0] // 2, sides[1] // 2) if known else (None, None))
    assert_same(found, network, images(*sides))


def read_twice(x):
    x = padding()(x)
    return [layers.Conv2D(3, 3, strides=2)(x), layers.ReLU()(x)]


def read_by_two_convolutions(x):
    x = padding()(x)
    return [layers.Conv2D(3, 3, strides=2)(x), layers.DepthwiseConv2D(3, strides=2)(x)]


def returned(x):
    x = padding()(x)
    return [layers.Conv2D(3, 3, strides=2)(x), x]


def called_twice(x):
    shared = padding()
    return [layers.Conv2D(3, 3, strides=2)(shared(x)), layers.ReLU()(shared(x))]


def convolution_called_twice(x):
    shared = layers.Conv2D(3, 3, strides=2)
    return [shared(padding()(x)), shared(x)]


def wider(x):
    return layers.Conv2D(3, 3, strides=2)(padding(1, 1)(x))


def above_and_left(x):
    return layers.Conv2D(3, 3, strides=2)(padding((1, 0), (1, 0))(x))


def padded_once_more(x):
    return layers.Conv2D(3, 3, strides=2, padding="same")(padding()(x))


def without_a_stride(x):
    return layers.DepthwiseConv2D(3)(padding()(x))


def of_a_larger_kernel(x):
    return layers.Conv2D(3, 5, strides=2)(padding()(x))


def of_a_smaller_kernel(x):
    return layers.Conv2D(3, 2, strides=2)(padding()(x))


def transposed(x):
    return layers.Conv2DTranspose(3, 3, strides=2)(padding()(x))


def in_groups(x):
    return layers.Conv2D(4, 3, strides=2, groups=2)(padding()(x))


REFUSED = [
    read_twice,
    read_by_two_convolutions,
    returned,
    called_twice,
    convolution_called_twice,
    wider,
    above_and_left,
    padded_once_more,
    without_a_stride,
    of_a_larger_kernel,
    of_a_smaller_kernel,
    transposed,
    in_groups,
]


@pytest.mark.parametrize("graph", REFUSED, ids=lambda graph: graph.__name__)
@pytest.mark.parametrize("sides", [(8, 6), (7, 9)])
def test_other_padding_stays(graph, sides):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, CHANNELS))
    network = keras.Model(inputs, graph(inputs))
    found = fold_batch_norms(network)
    assert count(found, *KINDS) == 0
    assert count(found, layers.ZeroPadding2D) == count(network, layers.ZeroPadding2D)
    assert_same(found, network, images(*sides))


def test_padding_of_channels_first_stays():
    inputs = keras.Input((CHANNELS, 8, 6))
    x = padding(data_format="channels_first")(inputs)
    network = keras.Model(inputs, layers.Conv2D(2, 3, strides=2, data_format="channels_first")(x))
    assert count(fold_batch_norms(network), *KINDS) == 0


def test_padding_of_one_layout_stays_before_a_convolution_of_another():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6, 8, CHANNELS))
    x = padding(data_format="channels_first")(inputs)
    network = keras.Model(inputs, layers.Conv2D(2, 3, strides=2)(x))
    found = fold_batch_norms(network)
    assert count(found, layers.ZeroPadding2D) == 1
    assert_same(found, network, images(6, 8))


def test_a_copy_that_is_saved_can_be_loaded(tmp_path):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, CHANNELS))
    x = padding()(layers.BatchNormalization()(layers.Conv2D(3, 1)(inputs)))
    x = layers.DepthwiseConv2D(3, strides=2)(x)
    x = layers.Conv2DTranspose(2, 4, strides=2, padding="same")(x)
    found = fold_batch_norms(keras.Model(inputs, x))
    found.save(tmp_path / "folded.keras")
    loaded = keras.models.load_model(tmp_path / "folded.keras")
    assert_same(loaded, found, images(8, 8))
