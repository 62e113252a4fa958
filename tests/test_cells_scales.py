import keras
import numpy as np
import pytest

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.methods.cells.model import build_cells_unet
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.recipes.cells.facts import CellsFacts, InstanceSettings
from cellseg.recipes.cells.settings import CellsNetwork, CellsSettings
from tests.fake_networks import (
    ScriptedPredictor,
    plateau_network,
    squares_predictor,
    two_squares,
)

SMALL = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8))


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return build_cells_unet(SMALL)


def test_touching_cells_are_separated_for_the_target_instances():
    labels, _ = two_squares()
    image = Image(np.zeros((64, 64), np.uint8), "YX")
    apart = squares_predictor(CellsFacts(target="instances")).cells(image).labels
    np.testing.assert_array_equal(apart, labels)
    together = squares_predictor(CellsFacts(target="semantic")).cells(image).labels
    np.testing.assert_array_equal(together, labels > 0)


def test_components_below_the_minimum_area_are_removed():
    facts = CellsFacts(instances=InstanceSettings(min_area=401))
    assert (
        not squares_predictor(facts).cells(Image(np.zeros((64, 64), np.uint8), "YX")).labels.any()
    )


def test_a_given_diameter_rescales_the_image_and_the_result_back():
    predictor = squares_predictor(CellsFacts(diameter=20.0))
    image = Image(np.zeros((128, 128), np.uint8), "YX")
    found = predictor.cells(image, PredictionOptions(diameter=40.0))
    assert predictor.shapes == [(64, 64, 3)]
    assert found.labels.shape == found.probability.shape == (128, 128)
    assert np.bincount(found.labels.ravel()).tolist()[1:] == [1600, 1600]


def test_images_of_odd_size_are_padded_and_tiles_agree_with_the_whole_image(network):
    predictor = CellsPredictor(network, CellsSettings(network=SMALL), CellsFacts(diameter=10.0))
    pixels = np.random.default_rng(0).integers(0, 255, (75, 301), dtype=np.uint8)
    image = Image(pixels, "YX")
    seen = []
    whole = predictor.cells(image).probability
    tiled = predictor.cells(
        image, PredictionOptions(tile=64), lambda done, of: seen.append((done, of))
    ).probability
    assert whole.shape == tiled.shape == (75, 301)
    assert seen[-1] == (10, 10)
    np.testing.assert_allclose(whole, tiled, atol=0.02)


@pytest.mark.parametrize(("second_pass", "passes"), [(0.0, 1), (8.0, 1), (13.0, 2)])
def test_an_image_of_small_cells_is_enlarged_for_a_second_pass(second_pass, passes):
    pixels = np.zeros((64, 64), np.uint8)
    for number in range(6):
        pixels[20:28, 10 * number + 2 : 10 * number + 10] = 200  # 8 x 8: a diameter of 9.0
    predictor = ScriptedPredictor(
        CellsFacts(diameter=9.0, instances=InstanceSettings(second_pass=second_pass)),
        plateau_network,
    )
    found = predictor.cells(Image(pixels, "YX"))
    assert predictor.shapes == [(64, 64, 3), (96, 96, 3)][:passes]
    assert found.labels.shape == found.probability.shape == (64, 64)
    assert found.labels.max() == 6


def test_a_second_pass_is_tiled_and_rescaled_to_the_image():
    pixels = np.zeros((256, 256), np.uint8)
    for row in range(0, 256, 16):
        for column in range(0, 256, 16):
            pixels[row + 4 : row + 12, column + 4 : column + 12] = 200
    facts = CellsFacts(diameter=9.0, instances=InstanceSettings(second_pass=13.0))
    predictor = ScriptedPredictor(facts, plateau_network)
    found = predictor.cells(Image(pixels, "YX"), PredictionOptions(tile=192)).labels
    assert len(predictor.shapes) == 1 + 4  # a first pass, then tiles of 192 / 1.5 pixels
    assert found.max() == 256
    areas = np.bincount(found.ravel())[1:]
    assert areas.min() >= 49
    assert areas.max() <= 81


@pytest.mark.parametrize(
    ("side", "factor"), [(6, 3.0), (8, 2.75), (16, 1.5), (20, 1.25), (25, 1.0)]
)  # diameters of 6.8, 9.0, 18.1, 22.6 and 28.2
def test_the_scale_of_the_second_pass_is_a_multiple_of_a_quarter_and_at_most_3(side, factor):
    predictor = ScriptedPredictor(
        CellsFacts(instances=InstanceSettings(second_pass=24.0)), plateau_network
    )
    labels = np.zeros((30, 180), np.int32)
    for number in range(6):
        labels[2 : 2 + side, 30 * number + 2 : 30 * number + 2 + side] = number + 1
    assert predictor.second_pass_scale(labels) == factor


@pytest.mark.parametrize(("below", "factor"), [(10.4, 2.0), (10.3, 1.0), (50.0, 2.0)])
def test_images_of_large_cells_have_no_second_pass(below, factor):
    facts = CellsFacts(instances=InstanceSettings(second_pass=24.0, second_pass_below=below))
    predictor = ScriptedPredictor(facts, plateau_network)
    labels = np.zeros((30, 180), np.int32)
    for number in range(6):
        side = 8 if number < 2 else 12  # diameters of 9.0 and 13.5, their quartile 10.34
        labels[2 : 2 + side, 30 * number + 2 : 30 * number + 2 + side] = number + 1
    assert predictor.second_pass_scale(labels) == factor


def test_cells_of_another_size_than_in_the_training_cause_a_warning():
    labels = np.zeros((64, 64), np.int32)
    for number in range(6):
        labels[4:8, 10 * number + 2 : 10 * number + 6] = number + 1

    image = Image(np.zeros((64, 64), np.uint8), "YX")
    predictor = ScriptedPredictor(CellsFacts(diameter=20.0), labels=labels)
    (sentence,) = predictor.cells(image).warnings
    assert "typically 5 pixels in diameter" in sentence  # sixteen pixels each
    assert "the training images are 20;" in sentence
    assert not ScriptedPredictor(CellsFacts(diameter=5.0), labels=labels).cells(image).warnings


def test_a_semantic_model_enlarges_images_as_in_the_training():
    thin = squares_predictor(CellsFacts(target="semantic", scale=1.5))
    assert thin.cells(Image(np.zeros((64, 64), np.uint8), "YX")).labels.shape == (64, 64)
    assert thin.shapes == [(96, 96, 3)]
