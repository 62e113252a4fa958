import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from cellseg.methods.cells.losses import CellsLoss
from cellseg.methods.cells.model import build_cellnet
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
    made = build_cellnet(SMALL.model_copy(update=settings))
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
def test_its_gradients_are_those_of_tensorflow(height, width):
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


def test_it_is_the_network_with_the_very_weights():
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
def test_an_encoder_whose_norms_learn_or_that_is_frozen_stays_as_it_is(settings):
    plain = network(**settings)
    assert folded_training_graph(plain, "bfloat16").get_layer("encoder") is plain.get_layer(
        "encoder"
    )
