import pytest

from cellseg.config import NetworkSettings, Preprocessing, Recipe, TrainingSettings, checked
from cellseg.errors import CellsegError


def test_the_seed_recipe_is_the_default():
    recipe = Recipe()
    assert recipe.name == "seed"
    assert recipe.preprocessing.image_size == 128
    assert recipe.network.decoder_filters == (512, 256, 128, 64)
    assert recipe.training.epochs == 40
    assert recipe.training.learning_rate == 1e-3


@pytest.mark.parametrize(("images", "expected"), [(1, 1), (64, 1), (65, 16), (1000, 16)])
def test_batch_size_follows_the_number_of_images(images, expected):
    assert TrainingSettings().batch_size_for(images) == expected


def test_a_given_batch_size_wins():
    assert TrainingSettings(batch_size=8).batch_size_for(1000) == 8


def test_only_an_encoder_without_weights_trains():
    assert NetworkSettings(encoder_weights="none").encoder_trains
    assert not NetworkSettings().encoder_trains


def test_settings_survive_json():
    recipe = Recipe(network=NetworkSettings(alpha=0.35, decoder_filters=(64, 32, 16, 8)))
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (TrainingSettings, {"epochs": 0}, "epochs cannot be 0"),
        (Preprocessing, {"image_size": 100}, "image_size cannot be 100"),
        (NetworkSettings, {"alpha": 0.4}, "alpha cannot be 0.4"),
        (TrainingSettings, {"epoch": 3}, "epoch cannot be 3"),
        (Recipe, {"name": "magic"}, "name cannot be 'magic'"),
    ],
)
def test_a_value_that_does_not_fit_is_named_in_one_sentence(kind, values, sentence):
    with pytest.raises(CellsegError, match=sentence):
        checked(kind, **values)


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Recipe().training.epochs = 3
