"""Small networks to rewrite: what they hold, and whether a rewritten one says the same."""

import keras
import numpy as np
from keras import layers

SHAPE = (8, 6, 4)


def trained(network):
    """The network with weights as a training leaves them."""
    rng = np.random.default_rng(0)
    for layer in flat(network):
        drawn = [rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()]
        layer.set_weights(drawn)
    return network


def flat(network):
    """The layers of a network and of the models inside it, each once."""
    found = []
    for layer in network.layers:
        inner = flat(layer) if isinstance(layer, keras.Model) else [layer]
        found += [one for one in inner if one not in found]
    return found


def count(network, *kinds):
    """How many layers of these kinds it has."""
    return sum(isinstance(layer, kinds) for layer in flat(network))


def image(shape=SHAPE, batch=2):
    """A batch of noise."""
    return np.random.default_rng(1).normal(size=(batch, *shape)).astype(np.float32)


def assert_same(found, network, x, **how):
    """Both give outputs of one shape that differ by rounding."""
    for ours, theirs in zip(
        keras.tree.flatten(found(x, **how)), keras.tree.flatten(network(x, **how)), strict=True
    ):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def batch_norm(**settings):
    return layers.BatchNormalization(**settings)
