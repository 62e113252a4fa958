import keras
import numpy as np
import pytest

from cellseg.errors import CellsegError
from cellseg.methods.pixels.augmentation import random_flip
from cellseg.methods.pixels.metrics import ForegroundScores
from cellseg.methods.pixels.model import build_pixels_unet
from cellseg.methods.pixels.pipeline import scoring_batches, training_batches
from cellseg.network.encoder import build_encoder
from cellseg.recipes.pixels.settings import PixelsNetwork

SMALL = PixelsNetwork(alpha=0.35, decoder_filters=(16, 8, 8, 8))
SMALL_FROM_NONE = SMALL.model_copy(update={"encoder_weights": "none"})


def count(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


def test_the_network_of_the_recipe_pixels_has_the_documented_parameters():
    network = build_pixels_unet(128, PixelsNetwork())
    assert network.count_params() == 6_502_786
    assert count(network.trainable_weights) == 4_658_882


def test_a_random_encoder_trains_with_a_low_batch_norm_momentum():
    encoder = build_encoder(32, SMALL_FROM_NONE, None)
    norms = [x for x in encoder.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert encoder.trainable_weights
    assert {norm.momentum for norm in norms} == {0.9}


def test_a_frozen_encoder_has_no_trainable_variables_and_keeps_its_statistics():
    encoder = build_encoder(32, SMALL, None)
    before = [weight.numpy() for weight in encoder.weights]
    encoder(np.random.default_rng(0).normal(size=(4, 32, 32, 3)), training=True)
    assert not encoder.trainable_weights
    assert all((old == new).all() for old, new in zip(before, encoder.get_weights(), strict=True))


def test_the_encoder_has_five_feature_maps_from_1_2_to_1_32_of_the_size():
    shapes = [output.shape[1] for output in build_encoder(64, SMALL, None).outputs]
    assert shapes == [32, 16, 8, 4, 2]


def test_logits_have_the_size_of_the_input_and_two_classes():
    logits = build_pixels_unet(64, SMALL)(np.zeros((3, 64, 64, 3), np.float32))
    assert logits.shape == (3, 64, 64, 2)


def test_the_network_itself_rescales_to_the_range_of_the_encoder():
    rescale = build_pixels_unet(32, SMALL).get_layer("to_encoder_range")
    assert np.asarray(rescale(np.array([0.0, 0.5, 1.0]))).tolist() == [-1.0, 0.0, 1.0]


def test_decoder_blocks_are_initialized_differently():
    keras.utils.set_random_seed(0)
    blocks = [
        layer.get_weights()[0].ravel()[:8]
        for layer in build_pixels_unet(32, SMALL).layers
        if isinstance(layer, keras.layers.Conv2DTranspose) and not layer.use_bias
    ]
    assert len(blocks) == 4
    assert len({tuple(block) for block in blocks}) == 4


def test_weights_of_another_encoder_are_refused_with_one_sentence(tmp_path):
    path = tmp_path / "other.weights.h5"
    build_pixels_unet(32, SMALL).save_weights(path)
    with pytest.raises(CellsegError, match=r"other\.weights\.h5 does not match MobileNetV2"):
        build_pixels_unet(32, SMALL, path)


def test_image_and_mask_are_flipped_together():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    mask = image[..., 0]
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(40):
        flipped, flipped_mask = random_flip(image, mask, rng)
        assert (flipped[..., 0] == flipped_mask).all()
        seen.add(flipped_mask.tobytes())
    assert len(seen) == 4


def test_a_pass_contains_every_image_once_scaled_to_0_to_1():
    images = np.repeat(np.arange(5, dtype=np.uint8), 12).reshape(5, 2, 2, 3) * 51
    masks = images[..., 0] // 51
    batches = training_batches(images, masks, 2, seed=0)
    for _ in range(2):
        parts = [(x.numpy(), y.numpy()) for x, y in batches]
        assert [len(x) for x, _ in parts] == [2, 2, 1]
        assert sorted(y[0, 0] for _, part in parts for y in part) == [0, 1, 2, 3, 4]
        for x, y in parts:
            np.testing.assert_allclose(x[..., 0], y * 0.2, atol=1e-6)


def test_batches_for_scoring_keep_the_order():
    images = np.arange(3, dtype=np.uint8).repeat(12).reshape(3, 2, 2, 3)
    order = [y.numpy()[:, 0, 0].tolist() for _, y in scoring_batches(images, images[..., 0], 2)]
    assert order == [[0, 1], [2]]


def test_training_scores_pool_over_batches():
    scores = ForegroundScores()
    truth = np.array([[[1, 1, 0, 0]], [[1, 0, 0, 0]]])
    found = np.array([[[1, 0, 1, 0]], [[1, 0, 0, 0]]])
    logits = np.stack([1.0 - found, found], axis=-1)
    for index in range(2):
        scores.update_state(truth[index : index + 1], logits[index : index + 1])
    result = {key: float(value) for key, value in scores.result().items()}
    assert result == pytest.approx({"pixel_accuracy": 6 / 8, "iou": 2 / 4, "dice": 4 / 6})


def test_training_scores_without_foreground_are_zero():
    scores = ForegroundScores()
    scores.update_state(np.zeros((1, 2, 2)), np.zeros((1, 2, 2, 2)))
    assert float(scores.result()["iou"]) == 0.0
    assert float(scores.result()["pixel_accuracy"]) == 1.0
