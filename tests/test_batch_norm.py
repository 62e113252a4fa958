import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from cellseg.network.batch_norm import BatchNormalization, with_fused_batch_norms
from cellseg.network.encoder import build_encoder
from cellseg.recipes.pixels.settings import PixelsNetwork

X = np.random.default_rng(0).normal(3.0, 2.0, (2, 4, 6, 3)).astype(np.float32)
SLOPE = np.random.default_rng(1).normal(size=X.shape).astype(np.float32)
GAMMA, BETA = np.array([0.5, 1.0, 2.0], np.float32), np.array([-1.0, 0.0, 1.0], np.float32)


def taught(kind, dtype="float32"):
    """A layer with factors and statistics of its own."""
    norm = kind(momentum=0.75, dtype=dtype)
    norm.build(X.shape)
    norm.set_weights([GAMMA, BETA, np.full(3, 10.0), np.full(3, 20.0)])
    return norm


def learned(norm):
    """Result, slopes of what goes in and of the factors, and the statistics after one step."""
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = norm(x, training=True)
        loss = tf.reduce_sum(tf.cast(found, tf.float32) * SLOPE)
    slopes = tape.gradient(loss, [x, norm.gamma.value, norm.beta.value])
    return [np.asarray(array, np.float32) for array in (found, *slopes, *norm.weights[2:])]


def test_two_values_become_minus_one_and_one():
    norm = BatchNormalization(momentum=0.5, epsilon=1e-9)
    found = norm(np.array([1.0, 5.0], np.float32).reshape(1, 1, 2, 1), training=True)
    np.testing.assert_allclose(np.ravel(found), [-1.0, 1.0], rtol=1e-6)
    assert norm.moving_mean.numpy() == pytest.approx(1.5)  # half of 0 and of 3
    assert norm.moving_variance.numpy() == pytest.approx(2.5)  # half of 1 and of 4


def test_it_learns_as_that_of_keras():
    for ours, theirs in zip(
        learned(taught(BatchNormalization)),
        learned(taught(layers.BatchNormalization)),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_half_precision_adds_up_in_float32():
    half = learned(taught(BatchNormalization, "mixed_bfloat16"))
    for ours, exact in zip(half, learned(taught(BatchNormalization)), strict=True):
        assert np.linalg.norm(ours - exact) <= 2**-7 * np.linalg.norm(exact)


@pytest.mark.parametrize("frozen", [False, True])
def test_what_does_not_learn_normalizes_by_what_is_known(frozen):
    norm = taught(BatchNormalization)
    norm.trainable = not frozen
    found = norm(X, training=frozen)
    expected = GAMMA * (X - 10.0) / np.sqrt(20.0 + norm.epsilon) + BETA
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(norm.moving_mean, np.full(3, 10.0))


def test_a_mask_leaves_it_to_keras():
    mask = np.ones(X.shape[:3], bool)
    mask[:, 2:] = False
    ours, theirs = (
        kind(momentum=0.0)(X, training=True, mask=mask)
        for kind in (BatchNormalization, layers.BatchNormalization)
    )
    np.testing.assert_array_equal(ours, theirs)


def once(kind, shape, slope, **settings):
    """Result, gradients and statistics of one step of a layer."""
    norm = kind(momentum=0.75, **settings)
    norm.build(shape)
    rng = np.random.default_rng(3)
    norm.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in norm.get_weights()])
    x = tf.constant(rng.normal(3.0, 2.0, shape).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = norm(x, training=True)
        loss = tf.reduce_sum(tf.cast(found, tf.float32) * slope)
    wanted = [x, *(variable.value for variable in norm.trainable_variables)]
    return [np.asarray(one) for one in (found, *tape.gradient(loss, wanted), *norm.weights)]


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ((2, 4, 6, 3), {"axis": 1}),
        ((2, 4, 6, 3), {"axis": 2}),
        ((2, 4, 6, 3), {"axis": -2}),
        ((2, 4, 6, 3), {"axis": 3}),
        ((2, 4, 6, 3), {"scale": False}),
        ((2, 4, 6, 3), {"center": False}),
        ((2, 4, 6, 3), {"scale": False, "center": False}),
        ((2, 4, 6, 3), {"dtype": "float64"}),
        ((2, 3), {}),
        ((2, 4, 3), {}),
        ((2, 4, 3), {"axis": 1}),
        ((2, 2, 4, 3, 5), {}),
        ((2, 2, 4, 3, 5), {"axis": 3}),
    ],
)
def test_any_axis_and_number_of_axes_is_that_of_keras(shape, settings):
    slope = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    for ours, theirs in zip(
        once(BatchNormalization, shape, slope, **settings),
        once(layers.BatchNormalization, shape, slope, **settings),
        strict=True,
    ):
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_weights_files_fit_both(tmp_path):
    def network(kind):
        inputs = keras.Input((4, 4, 3))
        return keras.Model(inputs, kind()(kind()(inputs)))

    for one, other in (
        (BatchNormalization, layers.BatchNormalization),
        (layers.BatchNormalization, BatchNormalization),
    ):
        saved, loaded = network(one), network(other)
        for number, layer in enumerate(saved.layers[1:], start=1):
            layer.set_weights([np.full(3, number + k / 10) for k in range(4)])
        saved.save_weights(tmp_path / "a.weights.h5")
        loaded.load_weights(tmp_path / "a.weights.h5")
        for found, wanted in zip(loaded.get_weights(), saved.get_weights(), strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_a_network_with_fused_batch_norms_is_the_same_network():
    inputs = keras.Input((4, 6, 3))
    x = layers.Conv2D(2, 3, name="first")(inputs)
    x = layers.BatchNormalization(name="second", momentum=0.5)(x)
    network = keras.Model(inputs, layers.ReLU(max_value=6.0)(x))
    network.get_layer("second").set_weights([np.full(2, k + 1.0) for k in range(4)])
    copy = with_fused_batch_norms(network)
    np.testing.assert_array_equal(copy(X), network(X))
    norm = copy.get_layer("second")
    assert isinstance(norm, BatchNormalization)
    assert norm.momentum == 0.5


@pytest.mark.parametrize(("momentum", "fused"), [(0.9, {True}), (None, {False})])
def test_the_batch_norms_of_an_encoder_are_fused_where_they_train(momentum, fused):
    settings = PixelsNetwork(alpha=0.35, encoder_weights="none")
    encoder = build_encoder(None, settings, None, momentum)
    norms = [each for each in encoder.layers if isinstance(each, layers.BatchNormalization)]
    assert {isinstance(norm, BatchNormalization) for norm in norms} == fused


def test_models_inside_are_copied_so_too_and_derived_batch_norms_stay():
    class Derived(layers.BatchNormalization):
        pass

    inner, inputs = keras.Input((4, 6, 3)), keras.Input((4, 6, 3))
    model = keras.Model(inner, layers.BatchNormalization(name="inside")(inner), name="model")
    x = Derived(name="derived")(model(inputs))
    network = keras.Model(inputs, keras.ops.square(x))
    model.get_layer("inside").set_weights([np.full(3, k + 1.0) for k in range(4)])
    copy = with_fused_batch_norms(network)
    assert isinstance(copy.get_layer("model").get_layer("inside"), BatchNormalization)
    assert type(copy.get_layer("derived")) is Derived
    np.testing.assert_array_equal(copy(X), network(X))
