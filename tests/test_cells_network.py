import keras
import numpy as np
import pytest
from scipy import ndimage

from cellseg.config import PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.augmentation import SCALE_RANGE
from cellseg.methods.cells.losses import CellsLoss
from cellseg.methods.cells.model import build_cells_unet
from cellseg.methods.cells.patches import (
    patch_batches,
    patch_scale_range,
    patch_side,
    semantic_scale,
)
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.methods.cells.schedule import scheduled_rate
from cellseg.methods.cells.targets import distance_map
from cellseg.methods.cells.trainer import (
    cell_areas,
    initial_instance_settings,
    min_cell_area,
    with_second_pass,
)
from cellseg.methods.cells.tuning import tune_instance_settings
from cellseg.methods.cells.validation import score
from cellseg.methods.cells.validation_split import split_validation
from cellseg.recipes.cells.facts import CellsFacts, InstanceSettings
from cellseg.recipes.cells.settings import CellsNetwork, CellsSettings, CellsTraining
from cellseg.recipes.registry import get_recipe
from tests.fake_networks import ScriptedPredictor, ideal_outputs

SMALL = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8))


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return build_cells_unet(SMALL)


def squares():
    """Two touching squares of 20 x 20 pixels, and what an ideal network says of them."""
    labels = np.zeros((64, 64), np.int32)
    labels[10:30, 10:30], labels[10:30, 30:50] = 1, 2
    return labels, ideal_outputs(labels)


def ideal(facts):
    """A predictor whose network is always right about `squares`."""
    return ScriptedPredictor(facts, lambda rgb: squares()[1][: rgb.shape[0], : rgb.shape[1]])


def test_the_default_network_takes_any_multiple_of_32():
    network = build_cells_unet(CellsNetwork(encoder_weights="none"))
    assert network.count_params() == 2_991_573
    assert network.output_shape == (None, None, None, 3)
    assert network(np.zeros((1, 64, 96, 3), np.float32)).shape == (1, 64, 96, 3)


def test_a_frozen_encoder_does_not_learn():
    trained = build_cells_unet(SMALL)
    frozen = build_cells_unet(
        CellsNetwork(alpha=0.35, decoder_filters=(16, 8, 8, 8), freeze_encoder=True)
    )
    assert len(frozen.trainable_variables) < len(trained.trainable_variables)


def test_an_encoder_that_learns_keeps_the_statistics_that_it_came_with_unless_told():
    def learning(**settings):
        built = build_cells_unet(
            CellsNetwork(alpha=0.35, decoder_filters=(16, 8, 8, 8), **settings)
        )
        encoder = next(layer for layer in built.layers if isinstance(layer, keras.Model))
        norms = [one for one in encoder.layers if isinstance(one, keras.layers.BatchNormalization)]
        return {one.trainable for one in norms}, bool(encoder.trainable_variables)

    assert learning() == ({False}, True)
    assert learning(freeze_norms=False) == ({True}, True)
    assert learning(encoder_weights="none") == ({True}, True)
    assert learning(freeze_encoder=True) == ({False}, False)


def test_the_decoder_has_the_convolutions_that_are_asked_for():
    def kernels(*many):
        built = build_cells_unet(SMALL.model_copy(update={"decoder_convolutions": many}))
        return sum(
            isinstance(layer, keras.layers.Conv2D) and layer.kernel_size == (3, 3)
            for layer in built.layers
        )

    assert kernels(0, 0, 0, 0) == 0
    assert kernels(0, 1, 2, 2) == 5


def test_the_loss_of_the_truth_is_least():
    _, outputs = squares()
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


def test_batches_of_squares_have_the_promised_shapes():
    labels, outputs = squares()
    image = np.repeat((labels > 0).astype(np.uint8)[..., None] * 200, 3, axis=2)
    source = AnnotatedImage(image, labels, outputs[..., 2])
    batches = list(patch_batches([source], 32, 2, 3, 400.0, 0))
    assert len(batches) == 3
    for images, truth in batches:
        assert images.shape == (2, 32, 32, 3)
        assert truth.shape == (2, 32, 32, 4)
        assert float(truth[..., 3].numpy().min()) >= 1.0


@pytest.mark.parametrize(
    ("diameter", "side"), [(5, 128), (42, 128), (43, 160), (60, 192), (85, 256), (500, 256)]
)
def test_squares_hold_about_three_cells(diameter, side):
    assert patch_side(diameter) == side


def test_touching_cells_are_told_apart_where_that_is_the_target():
    labels, _ = squares()
    image = Image(np.zeros((64, 64), np.uint8), "YX")
    apart = ideal(CellsFacts(target="instances")).cells(image).labels
    np.testing.assert_array_equal(apart, labels)
    together = ideal(CellsFacts(target="semantic")).cells(image).labels
    np.testing.assert_array_equal(together, labels > 0)


def test_parts_below_the_smallest_area_are_no_cells():
    facts = CellsFacts(instances=InstanceSettings(min_area=401))
    assert not ideal(facts).cells(Image(np.zeros((64, 64), np.uint8), "YX")).labels.any()


def test_a_known_diameter_scales_the_image_and_the_result_back():
    predictor = ideal(CellsFacts(diameter=20.0))
    image = Image(np.zeros((128, 128), np.uint8), "YX")
    found = predictor.cells(image, PredictionOptions(diameter=40.0))
    assert predictor.shapes == [(64, 64, 3)]
    assert found.labels.shape == found.probability.shape == (128, 128)
    assert np.bincount(found.labels.ravel()).tolist()[1:] == [1600, 1600]


def test_odd_sizes_pass_the_real_network_and_tiles_agree_with_the_whole(network):
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


def test_tuning_finds_thresholds_that_part_the_cells():
    labels, _ = squares()
    image = AnnotatedImage(np.zeros((64, 64, 3), np.uint8), labels, distance_map(labels))
    poor = InstanceSettings(prominence=0.95)
    predictor = ideal(CellsFacts(instances=poor))
    assert score(predictor, [image])[0]["val_ap"] == 0.5  # one cell, of half the IoU
    best = tune_instance_settings(predictor, [image], lambda: False)
    better = predictor.with_facts(CellsFacts(instances=best))
    assert score(better, [image])[0] == {
        "val_ap": 1.0,
        "val_count_error": 0.0,
        "val_iou": 1.0,
        "val_dice": 1.0,
    }


def test_the_learning_rate_rises_and_falls():
    assert scheduled_rate(1e-3, 0, 0.0) == pytest.approx(1e-5)
    assert scheduled_rate(1e-3, 99, 0.0) == pytest.approx(1e-3)
    assert scheduled_rate(1e-3, 500, 0.5) == pytest.approx(1e-3 * (0.01 + 0.99 / 2))
    assert scheduled_rate(1e-3, 500, 1.0) == pytest.approx(1e-5)


def test_planes_of_one_file_stay_on_one_side():
    names = [f"file{number}_z{plane:02d}" for number in range(8) for plane in range(3)]
    learning, kept = split_validation(names, 0.15)
    assert len(kept) == 3
    assert {name[:5] for name in learning}.isdisjoint({name[:5] for name in kept})
    assert sorted([*learning, *kept]) == names


def test_the_tone_begins_with_the_image_itself():
    network = build_cells_unet(SMALL)
    image = np.linspace(0, 1, 32 * 32 * 3, dtype=np.float32).reshape(1, 32, 32, 3)
    toned = keras.Model(network.input, network.get_layer("tone").output)
    np.testing.assert_array_equal(toned(image), image)
    plain = build_cells_unet(SMALL.model_copy(update={"tone": False}))
    assert network.count_params() - plain.count_params() == 6 * 3


def test_of_few_images_none_is_kept_for_validation():
    assert split_validation(["a", "b", "c"], 0.15) == (("a", "b", "c"), ())


def test_images_without_a_cell_are_refused():
    empty = AnnotatedImage(
        np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.int32), np.zeros((4, 4), np.float32)
    )
    with pytest.raises(CellsegError, match="No training image has a cell"):
        cell_areas([empty])
    assert min_cell_area(np.array([40] * 10)) == 20


def test_an_unknown_recipe_is_refused_by_name():
    with pytest.raises(CellsegError, match="'magic' is unknown; choose one of: cells, pixels"):
        get_recipe("magic")
    assert CellsTraining(epochs=3).minutes == 10.0


def plateaus(rgb):
    """A network to which what is bright is a cell as deep at its edge as in its middle."""
    bright = rgb[..., 0] > 127
    return np.stack([bright, 0 * bright, bright], axis=-1)


@pytest.mark.parametrize(("second_pass", "passes"), [(0.0, 1), (8.0, 1), (13.0, 2)])
def test_an_image_of_small_cells_is_enlarged_for_a_second_pass(second_pass, passes):
    pixels = np.zeros((64, 64), np.uint8)
    for number in range(6):
        pixels[20:28, 10 * number + 2 : 10 * number + 10] = 200  # 8 x 8: a diameter of 9.0
    predictor = ScriptedPredictor(
        CellsFacts(diameter=9.0, instances=InstanceSettings(second_pass=second_pass)), plateaus
    )
    found = predictor.cells(Image(pixels, "YX"))
    assert predictor.shapes == [(64, 64, 3), (96, 96, 3)][:passes]
    assert found.labels.shape == found.probability.shape == (64, 64)
    assert found.labels.max() == 6


def test_a_closer_look_is_taken_tile_by_tile_and_scales_back():
    pixels = np.zeros((256, 256), np.uint8)
    for row in range(0, 256, 16):
        for column in range(0, 256, 16):
            pixels[row + 4 : row + 12, column + 4 : column + 12] = 200
    facts = CellsFacts(diameter=9.0, instances=InstanceSettings(second_pass=13.0))
    predictor = ScriptedPredictor(facts, plateaus)
    found = predictor.cells(Image(pixels, "YX"), PredictionOptions(tile=192)).labels
    assert len(predictor.shapes) == 1 + 4  # a first look, then tiles of 192 / 1.5 pixels
    assert found.max() == 256
    areas = np.bincount(found.ravel())[1:]
    assert areas.min() >= 49
    assert areas.max() <= 81


@pytest.mark.parametrize(
    ("side", "factor"), [(6, 3.0), (8, 2.75), (16, 1.5), (20, 1.25), (25, 1.0)]
)  # diameters of 6.8, 9.0, 18.1, 22.6 and 28.2
def test_small_cells_are_enlarged_by_quarters_and_at_most_threefold(side, factor):
    predictor = ScriptedPredictor(
        CellsFacts(instances=InstanceSettings(second_pass=24.0)), plateaus
    )
    labels = np.zeros((30, 180), np.int32)
    for number in range(6):
        labels[2 : 2 + side, 30 * number + 2 : 30 * number + 2 + side] = number + 1
    assert predictor.second_pass_scale(labels) == factor


@pytest.mark.parametrize(("below", "factor"), [(10.4, 2.0), (10.3, 1.0), (50.0, 2.0)])
def test_cells_that_are_large_enough_as_they_are_are_not_enlarged(below, factor):
    facts = CellsFacts(instances=InstanceSettings(second_pass=24.0, second_pass_below=below))
    predictor = ScriptedPredictor(facts, plateaus)
    labels = np.zeros((30, 180), np.int32)
    for number in range(6):
        side = 8 if number < 2 else 12  # diameters of 9.0 and 13.5, their quartile 10.34
        labels[2 : 2 + side, 30 * number + 2 : 30 * number + 2 + side] = number + 1
    assert predictor.second_pass_scale(labels) == factor


def test_tuning_takes_a_closer_look_where_that_finds_more():
    labels = np.zeros((64, 64), np.int32)
    for number in range(6):
        labels[20:28, 10 * number + 2 : 10 * number + 9] = number + 1
    rgb = np.repeat((labels > 0).astype(np.uint8)[..., None] * 200, 3, axis=2)

    class OnlyLarge(ScriptedPredictor):
        def instances(self, outputs):
            found = super().instances(outputs)
            if len(outputs) > 64:
                return found
            found = found.copy()
            found[:, 1::2] = 0  # half of each cell
            return found

    image = AnnotatedImage(rgb, labels, distance_map(labels))
    start = InstanceSettings(min_area=0, smoothing=0.5)
    predictor = OnlyLarge(CellsFacts(diameter=9.0, instances=start), plateaus)
    assert start.second_pass == 0.0
    assert tune_instance_settings(predictor, [image], lambda: False).second_pass > 8.0


def test_weights_are_scored_and_thresholds_tuned_with_a_second_pass():
    instances = with_second_pass(ideal(CellsFacts())).facts.instances
    assert (instances.second_pass, instances.second_pass_below) == (36.0, 22.0)
    semantic = CellsFacts(target="semantic")
    assert with_second_pass(ideal(semantic)).facts == semantic


def test_cells_of_another_size_than_learned_are_warned_of():
    labels = np.zeros((64, 64), np.int32)
    for number in range(6):
        labels[4:8, 10 * number + 2 : 10 * number + 6] = number + 1

    image = Image(np.zeros((64, 64), np.uint8), "YX")
    predictor = ScriptedPredictor(CellsFacts(diameter=20.0), labels=labels)
    (sentence,) = predictor.cells(image).warnings
    assert "typically 5 pixels in diameter" in sentence  # sixteen pixels each
    assert "the training images are 20;" in sentence
    assert not ScriptedPredictor(CellsFacts(diameter=5.0), labels=labels).cells(image).warnings


def test_tuning_of_pixels_finds_the_threshold_between_cell_and_ground():
    labels = np.zeros((32, 32), np.int32)
    labels[:, 16:] = 1

    def doubtful(rgb):
        sure = np.where(labels > 0, 0.95, 0.42)  # the background is likely, too
        return np.stack([sure, 0 * sure, sure], axis=-1)

    image = AnnotatedImage(np.zeros((32, 32, 3), np.uint8), labels, distance_map(labels))
    start = InstanceSettings(foreground=0.3, min_area=0, min_score=0.0)
    predictor = ScriptedPredictor(CellsFacts(target="semantic", instances=start), doubtful)
    best = tune_instance_settings(predictor, [image], lambda: False)
    assert best.foreground > 0.42
    semantic = CellsFacts(target="semantic", instances=best)
    scores, chosen_by = score(predictor.with_facts(semantic), [image])
    assert scores["val_iou"] == chosen_by == 1.0
    assert tune_instance_settings(predictor, [image], lambda: True) == start


def test_where_pixels_count_all_of_them_weigh_alike():
    labels, _ = squares()
    image = AnnotatedImage(np.zeros((64, 64, 3), np.uint8), labels, distance_map(labels))
    ((_, alike),) = patch_batches([image], 64, 2, 1, None, 0).as_numpy_iterator()
    assert (alike[..., 3] == 1.0).all()
    ((_, told),) = patch_batches([image], 64, 2, 1, 400.0, 0).as_numpy_iterator()
    cells = told[..., 0] == 1
    assert (told[..., 3][cells] > 1.0).all()
    near = ndimage.maximum_filter(cells, (1, 7, 7))
    assert (told[..., 3][~near] == 1.0).all()


def test_where_pixels_count_images_are_looked_at_as_enlarged_as_in_the_training():
    thin = ideal(CellsFacts(target="semantic", scale=1.5))
    assert thin.cells(Image(np.zeros((64, 64), np.uint8), "YX")).labels.shape == (64, 64)
    assert thin.shapes == [(96, 96, 3)]


def test_where_pixels_count_an_unlikely_part_is_not_left_out_from_the_start():
    areas = np.array([40, 50, 60])
    assert initial_instance_settings("semantic", areas) == InstanceSettings(
        min_area=20, min_score=0.0
    )
    assert initial_instance_settings("instances", areas) == InstanceSettings(min_area=20)


def test_squares_of_enlarged_images_show_less_of_them():
    labels = np.zeros((256, 256), np.int32)
    labels[:, ::2] = 1  # one of two columns, at 1
    image = np.repeat(np.uint8(255) * (labels > 0)[..., None], 3, axis=2).astype(np.uint8)
    source = AnnotatedImage(image, labels, distance_map(labels))

    def changes(factor):
        ((_, truth),) = patch_batches([source], 64, 4, 1, None, 0, 0.0, factor).as_numpy_iterator()
        cells = truth[..., 0]
        return sum(np.count_nonzero(np.diff(cells, axis=axis)) for axis in (1, 2))

    assert changes(4.0) < 0.6 * changes(2.0)


@pytest.mark.parametrize(
    ("width", "factor"), [(None, 1.0), (3.0, 2.0), (8.0, 1.75), (13.9, 1.25), (14.0, 1.0), (50, 1)]
)
def test_thin_structures_are_enlarged_by_quarters_at_most_twice(width, factor):
    assert semantic_scale(width) == factor


@pytest.mark.parametrize(
    ("side", "more"), [(5, 3.0), (19, 40 / (38 / np.pi**0.5)), (20, 1.0), (40, 1.0)]
)  # diameters of 5.6, 21.4, 22.6 and 45.1
def test_images_of_small_cells_are_enlarged_more_in_training(side, more):
    labels = np.zeros((64, 64), np.int32)
    labels[:side, :side] = 1
    image = AnnotatedImage(np.zeros((64, 64, 3), np.uint8), labels, distance_map(labels))
    assert patch_scale_range(image) == pytest.approx(
        (SCALE_RANGE[0] * more**0.5, SCALE_RANGE[1] * more)
    )
    nothing = AnnotatedImage(image.image, 0 * labels, image.distance)
    assert patch_scale_range(nothing) == pytest.approx(SCALE_RANGE)
