import pytest

from cellseg.config import checked
from cellseg.errors import CellsegError
from cellseg.recipes.cells.settings import CellsTraining
from cellseg.recipes.pixels.settings import (
    PixelsNetwork,
    PixelsPreprocessing,
    PixelsSettings,
    PixelsTraining,
)


def test_the_original_recipe_is_the_default():
    recipe = PixelsSettings()
    assert recipe.name == "pixels"
    assert recipe.preprocessing.image_size == 128
    assert recipe.network.decoder_filters == (512, 256, 128, 64)
    assert recipe.training.epochs == 40
    assert recipe.training.learning_rate == 1e-3


@pytest.mark.parametrize(("images", "expected"), [(1, 1), (64, 1), (65, 16), (1000, 16)])
def test_batch_size_follows_the_number_of_images(images, expected):
    assert PixelsTraining().batch_size_for(images) == expected


def test_a_batch_size_in_the_settings_takes_precedence():
    assert PixelsTraining(batch_size=8).batch_size_for(1000) == 8


def test_only_a_randomly_initialized_encoder_trains():
    assert PixelsNetwork(encoder_weights="none").encoder_trains
    assert not PixelsNetwork().encoder_trains


def test_settings_are_equal_after_json():
    recipe = PixelsSettings(network=PixelsNetwork(alpha=0.35, decoder_filters=(64, 32, 16, 8)))
    assert PixelsSettings.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (PixelsTraining, {"epochs": 0}, "epochs cannot be 0"),
        (PixelsPreprocessing, {"image_size": 100}, "image_size cannot be 100"),
        (PixelsNetwork, {"alpha": 0.4}, "alpha cannot be 0.4"),
        (PixelsNetwork, {"encoder": "vgg"}, "encoder cannot be 'vgg'"),
        (CellsTraining, {"minutes": None}, "give minutes or epochs"),
        (PixelsTraining, {"epoch": 3}, "epoch cannot be 3"),
        (PixelsSettings, {"name": "magic"}, "name cannot be 'magic'"),
    ],
)
def test_an_invalid_value_is_an_error_of_one_sentence(kind, values, sentence):
    with pytest.raises(CellsegError, match=sentence):
        checked(kind, **values)


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        PixelsSettings().training.epochs = 3
