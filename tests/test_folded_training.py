import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from cellseg.methods.cells.losses import CellsLoss
from cellseg.methods.cells.model import build_cells_unet
from cellseg.network.folded_training import (
    FoldedConvolution,
    folded_training_graph,
    strided_depthwise,
)
from cellseg.recipes.cells.settings import CellsNetwork

SMALL = CellsNetwork(alpha=0.35, decoder_filters=(16, 8, 8, 8), decoder_convolutions=(0, 0, 0, 1))


def noise(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def network(**settings):
    """A network whose frozen batch norms do something."""
    keras.utils.set_random_seed(0)
    made = build_cells_unet(SMALL.model_copy(update=settings))
    draw = np.random.default_rng(3)
    for layer in made.get_layer("encoder").layers:
        if isinstance(layer, layers.BatchNormalization):
            width = layer.gamma.shape[0]
            moved = draw.normal(0, 0.3, (2, width))
            layer.set_weights([draw.uniform(0.5, 1.5, width), *moved, np.full(width, 0.7)])
    return made


def slopes(model, images, truth):
    """Loss, and its slopes by the weights, in their order, of one step."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(CellsLoss()(truth, model(images, training=True)))
    return loss, tape.gradient(loss, [variable.value for variable in model.trainable_variables])


def test_every_other_pixel_is_seen_and_learns():
    x = tf.constant(np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1))
    corner = np.zeros((3, 3, 1, 1), np.float32)
    corner[0, 0] = 2.0  # twice the pixel itself
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = strided_depthwise(x, tf.constant(corner))
    np.testing.assert_array_equal(found[0, ..., 0], [[0, 4], [16, 20]])
    slope = tape.gradient(found, x)[0, ..., 0]
    np.testing.assert_array_equal(slope, np.kron(np.ones((2, 2)), [[2, 0], [0, 0]]))


@pytest.mark.parametrize(("height", "width"), [(6, 4), (2, 10)])
def test_the_gradients_of_stride_2_are_those_of_tensorflow(height, width):
    x, kernel = tf.constant(noise((2, height, width, 5))), tf.constant(noise((3, 3, 5, 1), 1))
    weight = noise((2, height // 2, width // 2, 5), 2)

    def learned(convolve):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            found = convolve(x, kernel)
            total = tf.reduce_sum(found * weight)
        return [found, *tape.gradient(total, [x, kernel])]

    def plain(x, kernel):
        return tf.nn.depthwise_conv2d(x, kernel, [1, 2, 2, 1], "SAME")

    for ours, theirs in zip(learned(strided_depthwise), learned(plain), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_the_graph_learns_what_the_network_learns():
    plain = network()
    model = folded_training_graph(plain, "float32")
    assert {id(one) for one in model.weights} == {id(one) for one in plain.weights}
    images = tf.constant(np.random.default_rng(1).uniform(size=(2, 64, 32, 3)).astype(np.float32))
    truth = tf.constant((noise((2, 64, 32, 4), 5) > 0).astype(np.float32))
    np.testing.assert_allclose(
        model(images, training=False), plain(images, training=False), rtol=1e-3, atol=1e-4
    )
    before = [variable.numpy() for variable in plain.weights]
    loss, found = slopes(plain, images, truth)
    for variable, value in zip(plain.weights, before, strict=True):
        variable.assign(value)  # the statistics of the decoder
    same, ours = slopes(model, images, truth)
    assert float(same) == pytest.approx(float(loss), rel=1e-4)
    named = dict(zip((id(one) for one in model.trainable_variables), ours, strict=True))
    for variable, slope in zip(plain.trainable_variables, found, strict=True):
        error = np.linalg.norm(named[id(variable)] - slope)
        assert error <= 1e-2 * np.linalg.norm(slope) + 1e-5, variable.path


def test_half_precision_is_for_the_encoder_alone():
    model = folded_training_graph(network(), "bfloat16")
    encoder = model.get_layer("encoder")
    fold_batch_norms = [one for one in encoder.layers if isinstance(one, FoldedConvolution)]
    assert (
        len(fold_batch_norms) == 50
    )  # all but the last, whose norm lies behind what the decoder takes
    assert {one.compute_dtype for one in fold_batch_norms} == {"bfloat16"}
    assert {variable.dtype for variable in model.weights} == {"float32"}
    assert model.output.dtype == "float32"


@pytest.mark.parametrize("settings", [{"freeze_norms": False}, {"freeze_encoder": True}])
def test_an_encoder_whose_batch_norms_train_or_that_is_frozen_stays_as_it_is(settings):
    plain = network(**settings)
    model = folded_training_graph(plain, "bfloat16")
    assert model.get_layer("encoder") is plain.get_layer("encoder")


@pytest.mark.parametrize("shape", [(1, 5, 4, 2), (1, 4, 5, 2), (1, None, 4, 2), (1, 4, None, 2)])
def test_sides_that_are_odd_or_unknown_are_refused(shape):
    kernel = tf.zeros((3, 3, 2, 1))
    with pytest.raises(ValueError, match="must be even and known"):
        tf.function(strided_depthwise).get_concrete_function(tf.TensorSpec(shape), kernel)


@pytest.mark.parametrize("shape", [(3, 3, 2, 2), (5, 5, 2, 1), (3, 3, 3, 1)])
def test_other_kernels_are_refused(shape):
    with pytest.raises(ValueError, match=r"kernel must be \(3, 3, 2, 1\)"):
        strided_depthwise(tf.zeros((1, 4, 4, 2)), tf.zeros(shape))


def in_an_encoder(*parts, sides=(None, None)):
    """A network of one encoder, whose batch norms are frozen and do something."""
    keras.utils.set_random_seed(0)
    inputs, inner = keras.Input((*sides, 4)), keras.Input((*sides, 4))
    x = inner
    for part in parts:
        x = part(x)
    encoder = keras.Model(inner, x, name="encoder")
    for layer in encoder.layers:
        if isinstance(layer, layers.BatchNormalization):
            drawn = [noise(w.shape, 7) ** 2 + 0.5 for w in layer.get_weights()]
            layer.set_weights(drawn)
            layer.trainable = False
    return keras.Model(inputs, encoder(inputs))


def folded_in(model):
    inner = model.get_layer("encoder").layers
    return sum(isinstance(layer, FoldedConvolution) for layer in inner)


def learned(model, x):
    """Outputs, and gradients by the weights, by variable."""
    with tf.GradientTape() as tape:
        outputs = keras.tree.flatten(model(x, training=True))
        loss = tf.add_n([tf.reduce_sum(tf.cast(one, tf.float32) ** 2) for one in outputs])
    variables = model.trainable_variables
    gradients = tape.gradient(loss, [one.value for one in variables])
    return outputs, {id(one): found for one, found in zip(variables, gradients, strict=True)}


def assert_learns_alike(model, plain, x, tolerance=1e-4):
    ours, theirs = learned(model, x), learned(plain, x)
    for one, other in zip(ours[0], theirs[0], strict=True):
        assert one.shape == other.shape
        one = np.asarray(one, np.float32)
        assert np.linalg.norm(one - other) <= tolerance * np.linalg.norm(other)
    assert ours[1].keys() == theirs[1].keys()
    for key, gradient in theirs[1].items():
        error = np.linalg.norm(np.asarray(ours[1][key]) - gradient)
        assert error <= tolerance * np.linalg.norm(gradient)


def pads():
    return layers.ZeroPadding2D(((0, 1), (0, 1)))


FOLDED = {
    "without padding": lambda: [layers.Conv2D(5, 3)],
    "padding same": lambda: [layers.Conv2D(5, 3, padding="same", use_bias=False)],
    "bias": lambda: [layers.Conv2D(5, 1, bias_initializer="ones")],
    "dilated": lambda: [layers.Conv2D(5, 3, dilation_rate=2)],
    "stride of three": lambda: [layers.Conv2D(5, 3, strides=3, padding="same")],
    "padded": lambda: [pads(), layers.Conv2D(5, 3, strides=2)],
    "padded twice": lambda: [pads(), layers.Conv2D(5, 3, strides=2, padding="same")],
    "padded, larger kernel": lambda: [pads(), layers.DepthwiseConv2D(5, strides=2)],
    "depthwise": lambda: [layers.DepthwiseConv2D(3, use_bias=False)],
    "depthwise, stride": lambda: [layers.DepthwiseConv2D(3, strides=2, padding="same")],
    "depthwise, stride, valid": lambda: [layers.DepthwiseConv2D(3, strides=2)],
    "depthwise, padded": lambda: [pads(), layers.DepthwiseConv2D(3, strides=2)],
    "depthwise to more channels": lambda: [
        pads(),
        layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2),
    ],
    "depthwise, dilated": lambda: [layers.DepthwiseConv2D(3, dilation_rate=2)],
}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("sides", [(8, 12), (9, 8), (8, 11), (9, 11)])
@pytest.mark.parametrize("parts", FOLDED.values(), ids=FOLDED)
def test_a_convolution_learns_as_before_with_its_batch_norm(parts, sides, precision):
    plain = in_an_encoder(*parts(), layers.BatchNormalization(), layers.ReLU())
    model = folded_training_graph(plain, precision)
    assert folded_in(model) == 1
    tolerance = 1e-4 if precision == "float32" else 0.05
    assert_learns_alike(model, plain, noise((2, *sides, 4)), tolerance)


class Branch:
    """A convolution that is read by its batch norm and by a sum."""

    def __call__(self, x):
        x = layers.Conv2D(4, 3, padding="same")(x)
        return layers.Add()([layers.BatchNormalization()(x), x])


class TwoReaders:
    """Padding that is read by two convolutions."""

    def __call__(self, x):
        x = pads()(x)
        y = layers.DepthwiseConv2D(3, strides=2)(x)
        return layers.Add()([layers.BatchNormalization()(y), layers.Conv2D(4, 3, strides=2)(x)])


REFUSED = {
    "branch": lambda: [Branch()],
    "activation": lambda: [layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization()],
    "transposed": lambda: [layers.Conv2DTranspose(4, 3, strides=2), layers.BatchNormalization()],
    "groups": lambda: [layers.Conv2D(4, 3, groups=2), layers.BatchNormalization()],
    "axis": lambda: [layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(axis=1)],
    "regularized": lambda: [
        layers.Conv2D(4, 3, activity_regularizer="l2"),
        layers.BatchNormalization(),
    ],
}


@pytest.mark.parametrize("parts", REFUSED.values(), ids=REFUSED)
def test_where_it_is_not_valid_the_batch_norm_stays(parts):
    plain = in_an_encoder(*parts(), sides=(8, 12))
    model = folded_training_graph(plain, "float32")
    assert folded_in(model) == 0
    assert_learns_alike(model, plain, noise((2, 8, 12, 4)))


def test_padding_that_two_convolutions_read_stays():
    plain = in_an_encoder(TwoReaders())
    model = folded_training_graph(plain, "float32")
    assert folded_in(model) == 1
    assert_learns_alike(model, plain, noise((2, 8, 12, 4)))


def test_a_batch_norm_that_is_frozen_no_more_is_refused_in_training():
    plain = in_an_encoder(layers.Conv2D(5, 3), layers.BatchNormalization())
    model = folded_training_graph(plain, "float32")
    plain.get_layer("encoder").layers[-1].trainable = True
    x = noise((1, 8, 8, 4))
    with pytest.raises(ValueError, match="freeze it"):
        model(x, training=True)
    np.testing.assert_allclose(model(x), plain(x, training=False), rtol=1e-4, atol=1e-5)
