"""What training images look like, and images that look otherwise."""

import numpy as np
import pytest

from cellseg.images.image import Image
from cellseg.methods.cells.augmentation import Annotated
from cellseg.methods.cells.image_statistics import looks_of, typical_diameter, unlike
from cellseg.methods.cells.patches import KINDS
from cellseg.recipes.cells.facts import CellsFacts, ImageStatistics, InstanceSettings
from tests.test_cells_predictor import SeesBright

COLOUR, BRIGHT, DARK = KINDS
LABELS = np.zeros((10, 10), np.int32)
LABELS[:5, :4] = 1  # a fifth of the image


def image(cell, ground, labels=LABELS):
    """Cells and ground of one grey value or colour each."""
    pixels = np.empty((10, 10, 3), np.uint8)
    pixels[:], pixels[LABELS > 0] = ground, cell
    return Annotated(pixels, labels, np.zeros(labels.shape, np.float32))


def said_of(known, *given):
    drawn = image(*given)
    return unlike(drawn.image, drawn.labels, known)


def test_looks_are_told_kind_by_kind():
    images = [image(204, 51)] * 16 + [image(0, 255)] * 4
    known = looks_of(images)
    assert set(known.kinds) == {BRIGHT, DARK}
    bright, dark = known.kinds[BRIGHT], known.kinds[DARK]
    assert (bright.share, dark.share) == (0.8, 0.2)
    # a fifth of 0.8 and the rest of 0.2 is 0.32; of few images the ranges are wider
    assert bright.brightness == pytest.approx((0.22, 0.42))
    assert bright.contrast == pytest.approx((0.5, 0.7))
    assert dark.brightness == pytest.approx((0.6, 1.0))
    assert dark.contrast == pytest.approx((-1.2, -0.8))


def test_images_like_those_of_the_training_are_not_warned_of():
    known = looks_of([image(204, 51), image(180, 40), image((200, 80, 80), (40, 40, 90))])
    assert said_of(known, 190, 50) is None
    assert said_of(known, (190, 80, 80), (50, 40, 90)) is None


def test_a_kind_that_the_training_never_saw_is_named():
    known = looks_of([image(204, 51)] * 20)
    assert said_of(known, 51, 204) == (
        "This image is grey with dark cells, those that the model learned from are grey with "
        "bright cells; look at the result closely, or train with such images."
    )
    assert "This image is in colour" in said_of(known, (200, 40, 40), (60, 50, 50))
    both = looks_of([image(204, 51), image(51, 204)])
    sentence = said_of(both, (200, 40, 40), (60, 50, 50))
    assert "are grey with bright cells or grey with dark cells;" in sentence


def test_brightness_and_contrast_far_outside_are_said_in_numbers():
    known = looks_of([image(204, 51)] * 20)
    assert "brightness of this image is 70%, that" in said_of(known, 255, 160)
    assert "learned from 22% to 42%" in said_of(known, 255, 160)
    assert "differ from their ground by +20% of brightness" in said_of(known, 113, 62)
    assert "by +50% to +70%" in said_of(known, 113, 62)


def test_a_grey_image_without_cells_says_nothing_of_its_kind():
    known = looks_of([image(204, 51)] * 20)
    assert said_of(known, 51, 204, np.zeros_like(LABELS)) is None
    assert said_of(known, 51, 204, np.ones_like(LABELS)) is None
    assert "in colour" in said_of(known, (200, 40, 40), (60, 50, 50), np.zeros_like(LABELS))
    assert looks_of([image(204, 51, np.zeros_like(LABELS))]) == ImageStatistics()
    assert said_of(ImageStatistics(), 204, 51) is None


def test_the_predictor_warns_where_the_model_knows_looks():
    pixels = np.zeros((64, 64), np.uint8)
    pixels[10:40, 10:40] = 255
    facts = CellsFacts(instances=InstanceSettings(min_area=0))
    assert not SeesBright(facts).cells(Image(pixels, "YX")).warnings
    dark = facts.model_copy(update={"looks": looks_of([image(51, 204)])})
    (sentence,) = SeesBright(dark).cells(Image(pixels, "YX")).warnings
    assert sentence.startswith("This image is grey with bright cells, those")
    alike = CellsFacts.model_validate_json(
        facts.model_copy(update={"looks": looks_of([image(255, 0)])}).model_dump_json()
    )
    assert not SeesBright(alike).cells(Image(pixels, "YX")).warnings


def test_diameters_range_over_the_images():
    large = np.ones((10, 10), np.int32)
    assert typical_diameter(LABELS) == pytest.approx(2 * np.sqrt(20 / np.pi))
    assert typical_diameter(np.zeros((4, 4), np.int32)) is None
    known = looks_of([image(204, 51), image(204, 51, large), image(9, 9, 0 * LABELS)])
    low, high = 2 * np.sqrt(20 / np.pi), 2 * np.sqrt(100 / np.pi)
    span = 0.025 * (high - low)
    assert known.diameters == pytest.approx((low + span, high - span), abs=0.06)


def test_sizes_that_some_training_images_had_are_not_warned_of():
    labels = np.zeros((64, 64), np.int32)
    for number in range(6):
        labels[4:8, 10 * number + 2 : 10 * number + 6] = number + 1

    class Sixteen(SeesBright):
        def separated(self, outputs):
            return labels

    drawn = Image(np.zeros((64, 64), np.uint8), "YX")  # sixteen pixels a cell: 4.5 across
    for diameters, said in (((6.0, 40.0), None), ((20.0, 40.0), "learned from 20 to 40;")):
        facts = CellsFacts(diameter=30.0, image_statistics=ImageStatistics(diameters=diameters))
        warnings = Sixteen(facts).cells(drawn).warnings
        assert [said in sentence for sentence in warnings] == ([True] if said else [])
