import keras
import pytest
from keras import layers, ops

from cellseg.network.batch_norm_folding import fold_batch_norms
from tests.networks import SHAPE, assert_same, batch_norm, count, image, trained


class Doubled(layers.Conv2D):
    """A convolution that computes something else than its weights say."""

    def call(self, inputs):
        return 2.0 * super().call(inputs) - 1.0


class DoubledNorm(layers.BatchNormalization):
    def call(self, inputs, training=None, mask=None):
        return 2.0 * super().call(inputs, training=training, mask=mask)


def branching(x):
    x = layers.Conv2D(4, 3, padding="same")(x)
    return layers.Add()([batch_norm()(x), x])


def read_by_an_operation(x):
    x = layers.Conv2D(4, 3)(x)
    return batch_norm()(x) + ops.square(x)


def read_by_two_batch_norms(x):
    x = layers.Conv2D(4, 3)(x)
    return layers.Add()([batch_norm()(x), batch_norm()(x)])


def returned(x):
    x = layers.Conv2D(4, 3)(x)
    return [batch_norm()(x), x]


def read_by_a_model_inside(x):
    x = layers.Conv2D(4, 3)(x)
    inner = keras.Input(x.shape[1:])
    return layers.Add()([batch_norm()(x), keras.Model(inner, layers.ReLU()(inner))(x)])


def returned_by_a_model_inside(x):
    inner = keras.Input(SHAPE)
    y = layers.Conv2D(4, 3)(inner)
    return keras.Model(inner, [batch_norm()(y), y])(x)


def batch_norm_outside_of_the_model(x):
    inner = keras.Input(SHAPE)
    return batch_norm()(keras.Model(inner, layers.Conv2D(4, 3)(inner))(x))


def with_an_activation(x):
    return batch_norm()(layers.Conv2D(4, 3, activation="relu")(x))


def depthwise_with_an_activation(x):
    return batch_norm()(layers.DepthwiseConv2D(3, activation="tanh")(x))


def transposed_with_an_activation(x):
    return batch_norm()(layers.Conv2DTranspose(4, 3, 2, "same", activation="relu")(x))


def convolution_called_twice(x):
    shared = layers.Conv2D(4, 3, padding="same")
    return shared(batch_norm()(shared(x)))


def convolution_called_by_two_models(x):
    shared, inner = layers.Conv2D(4, 3), keras.Input(SHAPE)
    return layers.Add()([batch_norm()(shared(x)), keras.Model(inner, shared(inner))(x)])


def convolution_inside_two_models(x):
    inner = keras.Input(SHAPE)
    y = layers.Conv2D(4, 3)(inner)
    short, long = keras.Model(inner, y), keras.Model(inner, batch_norm()(y))
    return layers.Add()([short(x), long(x)])


def batch_norm_called_twice(x):
    shared = batch_norm()
    return layers.Add()([shared(layers.Conv2D(4, 3)(x)), shared(layers.Conv2D(4, 3)(x))])


def of_another_axis(x):
    return batch_norm(axis=1)(layers.Conv2D(4, 3, padding="same")(x))


def of_another_axis_from_the_end(x):
    return batch_norm(axis=-2)(layers.Conv2D(6, 3, padding="same")(x))


def of_a_derived_convolution(x):
    return batch_norm()(Doubled(4, 3)(x))


def a_derived_batch_norm(x):
    return DoubledNorm()(layers.Conv2D(4, 3)(x))


def behind_a_relu(x):
    return batch_norm()(layers.ReLU()(x))


def before_a_convolution(x):
    return layers.Conv2D(4, 3)(batch_norm()(x))


REFUSED = [
    branching,
    read_by_an_operation,
    read_by_two_batch_norms,
    returned,
    read_by_a_model_inside,
    returned_by_a_model_inside,
    batch_norm_outside_of_the_model,
    with_an_activation,
    depthwise_with_an_activation,
    transposed_with_an_activation,
    convolution_called_twice,
    convolution_called_by_two_models,
    convolution_inside_two_models,
    batch_norm_called_twice,
    of_another_axis,
    of_another_axis_from_the_end,
    of_a_derived_convolution,
    a_derived_batch_norm,
    behind_a_relu,
    before_a_convolution,
]


@pytest.mark.parametrize("graph", REFUSED, ids=lambda graph: graph.__name__)
def test_where_it_is_not_valid_the_batch_norm_stays(graph):
    inputs = keras.Input(SHAPE)
    network = trained(keras.Model(inputs, graph(inputs)))
    found = fold_batch_norms(network)
    kept = count(network, layers.BatchNormalization)
    assert count(found, layers.BatchNormalization) == kept >= 1
    assert_same(found, network, image())


def test_only_the_branch_that_is_valid_is_folded():
    inputs = keras.Input(SHAPE)
    x = batch_norm()(layers.Conv2D(4, 3, padding="same")(inputs))
    network = trained(keras.Model(inputs, branching(layers.ReLU()(x))))
    found = fold_batch_norms(network)
    assert count(found, layers.BatchNormalization) == 1
    assert_same(found, network, image())


def test_channels_first_stays():
    inputs = keras.Input((4, 8, 6))
    x = layers.Conv2D(2, 3, data_format="channels_first")(inputs)
    found = fold_batch_norms(keras.Model(inputs, batch_norm(axis=1)(x)))
    assert count(found, layers.BatchNormalization) == 1


def test_a_batch_norm_that_is_called_for_training_stays():
    inputs = keras.Input(SHAPE)
    x = batch_norm()(layers.Conv2D(4, 3)(inputs), training=True)
    network = trained(keras.Model(inputs, x))
    found = fold_batch_norms(network)
    assert_same(found, network, image())
    assert count(found, layers.BatchNormalization) == 1


@pytest.mark.parametrize("training", [True, False])
def test_so_does_one_in_a_model_that_is_called_for_training(training):
    inner, inputs = keras.Input(SHAPE), keras.Input(SHAPE)
    model = keras.Model(inner, batch_norm()(layers.Conv2D(4, 3)(inner)))
    network = trained(keras.Model(inputs, model(inputs, training=training)))
    found = fold_batch_norms(network)
    assert_same(found, network, image())
    assert count(found, layers.BatchNormalization) == int(training)


def test_a_convolution_with_low_rank_weights_keeps_its_batch_norm():
    inputs = keras.Input(SHAPE)
    convolution = layers.Conv2D(4, 3, lora_rank=1)
    network = trained(keras.Model(inputs, batch_norm()(convolution(inputs))))
    found = fold_batch_norms(network)
    assert count(found, layers.BatchNormalization) == 1
    assert_same(found, network, image())
