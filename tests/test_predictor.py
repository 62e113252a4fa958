import numpy as np
import pytest

from cellseg.errors import CellsegError
from cellseg.images.image import Image
from cellseg.methods.pixels.model import build_pixels_unet
from cellseg.methods.pixels.predictor import PixelsPredictor
from cellseg.methods.pixels.preprocessing import network_image
from cellseg.models.store import ModelStore
from cellseg.recipes.pixels.settings import PixelsNetwork, PixelsPreprocessing, PixelsSettings
from cellseg.segmentation.predictor import load_predictor
from cellseg.workspace import Workspace
from tests import made

RECIPE = PixelsSettings(
    preprocessing=PixelsPreprocessing(image_size=32),
    network=PixelsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8)),
)


def load(model) -> PixelsPredictor:
    predictor = load_predictor(model)
    assert isinstance(predictor, PixelsPredictor)
    return predictor


@pytest.fixture
def model(tmp_path):
    network = build_pixels_unet(32, RECIPE.network)
    network.save_weights(tmp_path / "x.weights.h5")
    facts = made.model_facts(name="tiny", recipe=RECIPE)
    return ModelStore(Workspace(tmp_path)).publish(facts, tmp_path / "x.weights.h5")


@pytest.fixture
def noise():
    rng = np.random.default_rng(0)
    return Image(rng.integers(0, 4000, (45, 70), dtype=np.uint16), "YX")


def test_a_probability_map_has_the_size_of_its_image_and_values_from_0_to_1(model, noise):
    probability = load(model).foreground_probability(noise)
    assert probability.shape == (45, 70)
    assert probability.dtype == np.float32
    assert probability.min() >= 0.0
    assert probability.max() <= 1.0


def test_a_loaded_model_predicts_as_the_network_that_was_saved(model, noise):
    network = build_pixels_unet(32, RECIPE.network)
    network.load_weights(model.weights)
    prepared = network_image(noise, RECIPE.preprocessing)[None]
    logits = np.asarray(network(prepared.astype(np.float32) / 255.0, training=False))
    expected = 1.0 / (1.0 + np.exp(logits[..., 0] - logits[..., 1]))
    np.testing.assert_allclose(load(model).batch_probability(prepared), expected, atol=1e-5)


def test_any_batch_size_uses_one_trace(model):
    predictor = load(model)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (5, 32, 32, 3), dtype=np.uint8)
    together = predictor.batch_probability(images)
    for index in range(5):
        alone = predictor.batch_probability(images[index : index + 1])[0]
        np.testing.assert_allclose(alone, together[index], atol=1e-5)
    assert predictor._probabilities.experimental_get_tracing_count() == 1


def test_a_one_pixel_image_is_predicted(model):
    image = Image(np.full((1, 1, 3), 7, np.uint8), "YXC")
    assert load(model).foreground_probability(image).shape == (1, 1)


@pytest.mark.parametrize("content", [b"", b"not a weights file"])
def test_damaged_weights_are_an_error_of_one_sentence(model, content):
    model.weights.write_bytes(content)
    with pytest.raises(CellsegError, match="weights of the model tiny cannot be loaded"):
        load(model)


def test_weights_of_other_settings_are_an_error_of_one_sentence(model):
    other = RECIPE.model_copy(update={"network": RECIPE.network.model_copy(update={"alpha": 0.5})})
    build_pixels_unet(32, other.network).save_weights(model.weights)
    with pytest.raises(CellsegError, match="cannot be loaded"):
        load(model)


def test_a_predictor_uses_a_network_in_memory(noise):
    predictor = PixelsPredictor(build_pixels_unet(32, RECIPE.network), RECIPE)
    assert predictor.network_probability(noise).shape == (32, 32)
