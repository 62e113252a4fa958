import keras
import numpy as np
import pytest

from cellseg.errors import CellsegError
from cellseg.methods.cells.losses import CellsLoss
from cellseg.methods.cells.model import build_cells_unet
from cellseg.recipes.cells.settings import CellsNetwork, CellsTraining
from cellseg.recipes.registry import get_recipe
from tests.fake_networks import (
    two_squares,
)

SMALL = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8))


def test_the_default_network_takes_any_multiple_of_32():
    network = build_cells_unet(CellsNetwork(encoder_weights="none"))
    assert network.count_params() == 2_991_573
    assert network.output_shape == (None, None, None, 3)
    assert network(np.zeros((1, 64, 96, 3), np.float32)).shape == (1, 64, 96, 3)


def test_a_frozen_encoder_has_no_trainable_variables():
    trained = build_cells_unet(SMALL)
    frozen = build_cells_unet(
        CellsNetwork(alpha=0.35, decoder_filters=(16, 8, 8, 8), freeze_encoder=True)
    )
    assert len(frozen.trainable_variables) < len(trained.trainable_variables)


def test_batch_norms_of_a_pretrained_encoder_are_frozen_by_default():
    def trainable(**settings):
        built = build_cells_unet(
            CellsNetwork(alpha=0.35, decoder_filters=(16, 8, 8, 8), **settings)
        )
        encoder = next(layer for layer in built.layers if isinstance(layer, keras.Model))
        norms = [one for one in encoder.layers if isinstance(one, keras.layers.BatchNormalization)]
        return {one.trainable for one in norms}, bool(encoder.trainable_variables)

    assert trainable() == ({False}, True)
    assert trainable(freeze_norms=False) == ({True}, True)
    assert trainable(encoder_weights="none") == ({True}, True)
    assert trainable(freeze_encoder=True) == ({False}, False)


def test_the_decoder_has_the_number_of_convolutions_in_the_settings():
    def kernels(*many):
        built = build_cells_unet(SMALL.model_copy(update={"decoder_convolutions": many}))
        return sum(
            isinstance(layer, keras.layers.Conv2D) and layer.kernel_size == (3, 3)
            for layer in built.layers
        )

    assert kernels(0, 0, 0, 0) == 0
    assert kernels(0, 1, 2, 2) == 5


def test_the_loss_of_a_perfect_prediction_is_smallest():
    _, outputs = two_squares()
    truth = np.dstack([outputs, np.ones((64, 64))])[None].astype(np.float32)
    logits = np.where(outputs[..., :2] > 0, 12.0, -12.0)
    said = np.dstack([logits, outputs[..., 2]])[None].astype(np.float32)
    loss = CellsLoss()
    assert float(loss(truth, said)) < 1e-3
    wrong = said.copy()
    wrong[0, 40:50, 40:50, 0] = 12.0
    assert float(loss(truth, wrong)) > 0.1
    doubled = truth.copy()
    doubled[0, 40:50, 40:50, 3] = 4.0
    assert float(loss(doubled, wrong)) > float(loss(truth, wrong))


def test_the_mix_with_the_square_root_is_initialized_as_identity():
    network = build_cells_unet(SMALL)
    image = np.linspace(0, 1, 32 * 32 * 3, dtype=np.float32).reshape(1, 32, 32, 3)
    toned = keras.Model(network.input, network.get_layer("tone").output)
    np.testing.assert_array_equal(toned(image), image)
    plain = build_cells_unet(SMALL.model_copy(update={"tone": False}))
    assert network.count_params() - plain.count_params() == 6 * 3


def test_an_unknown_recipe_is_refused_by_name():
    with pytest.raises(CellsegError, match="'magic' is unknown; choose one of: cells, pixels"):
        get_recipe("magic")
    assert CellsTraining(epochs=3).minutes == 10.0
