"""Statistics of training images, and warnings about images out of distribution."""

import numpy as np
import pytest

from cellseg.images.image import Image
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.distribution_warnings import appearance_warning
from cellseg.methods.cells.image_statistics import IMAGE_KINDS, compute_statistics
from cellseg.methods.cells.targets import typical_diameter
from cellseg.recipes.cells.facts import CellsFacts, ImageStatistics, InstanceSettings
from tests.fake_networks import ScriptedPredictor, bright_network

COLOUR, BRIGHT, DARK = IMAGE_KINDS
LABELS = np.zeros((10, 10), np.int32)
LABELS[:5, :4] = 1  # a fifth of the image


def image(cell, background, labels=LABELS):
    """An image whose cells and background have one grey value or colour each."""
    pixels = np.empty((10, 10, 3), np.uint8)
    pixels[:], pixels[LABELS > 0] = background, cell
    return AnnotatedImage(pixels, labels, np.zeros(labels.shape, np.float32))


def warning_for(known, *given):
    drawn = image(*given)
    return appearance_warning(drawn.image, drawn.labels, known)


def test_statistics_are_computed_for_each_kind_of_image():
    images = [image(204, 51)] * 16 + [image(0, 255)] * 4
    known = compute_statistics(images)
    assert set(known.kinds) == {BRIGHT, DARK}
    bright, dark = known.kinds[BRIGHT], known.kinds[DARK]
    assert (bright.share, dark.share) == (0.8, 0.2)
    # a fifth of 0.8 and the rest of 0.2 is 0.32; of few images the ranges are wider
    assert bright.brightness == pytest.approx((0.22, 0.42))
    assert bright.contrast == pytest.approx((0.5, 0.7))
    assert dark.brightness == pytest.approx((0.6, 1.0))
    assert dark.contrast == pytest.approx((-1.2, -0.8))


def test_images_like_the_training_images_cause_no_warning():
    known = compute_statistics([image(204, 51), image(180, 40), image((200, 80, 80), (40, 40, 90))])
    assert warning_for(known, 190, 50) is None
    assert warning_for(known, (190, 80, 80), (50, 40, 90)) is None


def test_an_unknown_kind_of_image_causes_a_warning_that_names_it():
    known = compute_statistics([image(204, 51)] * 20)
    assert warning_for(known, 51, 204) == (
        "This image is grey with dark cells, but the training images of the model are grey with "
        "bright cells; check the result, or train with such images."
    )
    assert "This image is in colour" in warning_for(known, (200, 40, 40), (60, 50, 50))
    both = compute_statistics([image(204, 51), image(51, 204)])
    sentence = warning_for(both, (200, 40, 40), (60, 50, 50))
    assert "are grey with bright cells or grey with dark cells;" in sentence


def test_unusual_brightness_and_contrast_cause_a_warning_with_numbers():
    known = compute_statistics([image(204, 51)] * 20)
    warning = warning_for(known, 255, 160)
    assert "The mean brightness of this image is 70%, but that of the training images " in warning
    assert "is 22% to 42%; check the result" in warning
    warning = warning_for(known, 113, 62)
    assert "between cells and background is +20% in this image, but +50% to +70% in" in warning


def test_a_grey_image_without_cells_has_no_kind():
    known = compute_statistics([image(204, 51)] * 20)
    assert warning_for(known, 51, 204, np.zeros_like(LABELS)) is None
    assert warning_for(known, 51, 204, np.ones_like(LABELS)) is None
    assert "in colour" in warning_for(known, (200, 40, 40), (60, 50, 50), np.zeros_like(LABELS))
    assert compute_statistics([image(204, 51, np.zeros_like(LABELS))]) == ImageStatistics()
    assert warning_for(ImageStatistics(), 204, 51) is None


def test_the_predictor_warns_if_the_model_has_image_statistics():
    pixels = np.zeros((64, 64), np.uint8)
    pixels[10:40, 10:40] = 255
    facts = CellsFacts(instances=InstanceSettings(min_area=0))
    assert not ScriptedPredictor(facts, bright_network).cells(Image(pixels, "YX")).warnings
    dark = facts.model_copy(update={"image_statistics": compute_statistics([image(51, 204)])})
    (sentence,) = ScriptedPredictor(dark, bright_network).cells(Image(pixels, "YX")).warnings
    assert sentence.startswith("This image is grey with bright cells, but")
    bright = facts.model_copy(update={"image_statistics": compute_statistics([image(255, 0)])})
    stored = CellsFacts.model_validate_json(bright.model_dump_json())
    assert not ScriptedPredictor(stored, bright_network).cells(Image(pixels, "YX")).warnings


def test_the_range_of_diameters_covers_the_images():
    large = np.ones((10, 10), np.int32)
    assert typical_diameter(LABELS) == pytest.approx(2 * np.sqrt(20 / np.pi))
    assert typical_diameter(np.zeros((4, 4), np.int32)) is None
    known = compute_statistics([image(204, 51), image(204, 51, large), image(9, 9, 0 * LABELS)])
    low, high = 2 * np.sqrt(20 / np.pi), 2 * np.sqrt(100 / np.pi)
    span = 0.025 * (high - low)
    assert known.diameters == pytest.approx((low + span, high - span), abs=0.06)


def test_cell_sizes_within_the_range_of_the_training_cause_no_warning():
    labels = np.zeros((64, 64), np.int32)
    for number in range(6):
        labels[4:8, 10 * number + 2 : 10 * number + 6] = number + 1

    drawn = Image(np.zeros((64, 64), np.uint8), "YX")  # sixteen pixels a cell: 4.5 across
    for diameters, phrase in (
        ((6.0, 40.0), None),
        ((20.0, 40.0), "images are 20 to 40;"),
    ):
        facts = CellsFacts(diameter=30.0, image_statistics=ImageStatistics(diameters=diameters))
        warnings = ScriptedPredictor(facts, labels=labels).cells(drawn).warnings
        assert [phrase in sentence for sentence in warnings] == ([True] if phrase else [])
