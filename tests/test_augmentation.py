import numpy as np
import pytest

from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.augmentation import elastic_deformation, jitter_intensity, random_patch
from cellseg.methods.cells.image_statistics import image_kind
from cellseg.methods.cells.patches import sampling_weights
from cellseg.methods.cells.targets import distance_map


@pytest.fixture
def source():
    """An image in which the red channel is 200 exactly where a cell is."""
    labels = np.zeros((60, 80), np.int32)
    labels[10:30, 20:45] = 3
    labels[40:55, 50:70] = 7
    image = np.zeros((60, 80, 3), np.uint8)
    image[..., 0] = np.where(labels > 0, 200, 10)
    return AnnotatedImage(image, labels, distance_map(labels))


def test_image_labels_and_distance_are_transformed_alike(source):
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(30):
        patch = random_patch(source, 64, rng)
        assert patch.image.shape == (64, 64, 3)
        assert patch.labels.shape == patch.distance.shape == (64, 64)
        seen |= set(np.unique(patch.labels))
        inside = patch.image[..., 0] > 105
        assert np.mean(inside != (patch.labels > 0)) < 0.02  # half a pixel along the border
        assert (patch.distance[patch.labels == 0] == 0).all()
        assert patch.distance.max() <= 1
    assert seen == {0, 3, 7}


def test_an_image_smaller_than_the_patch_is_padded_by_reflection(source):
    patch = random_patch(source, 256, np.random.default_rng(0))
    assert patch.labels.shape == (256, 256)
    assert patch.labels.max() == 7


def test_an_elastic_deformation_transforms_all_arrays_and_keeps_the_borders_in_place(source):
    rng = np.random.default_rng(4)
    changed_fractions = []
    for _ in range(20):
        deformed = elastic_deformation(source, rng)
        assert [array.dtype for array in (deformed.image, deformed.labels, deformed.distance)] == [
            *(np.uint8, np.int32, np.float32)
        ]
        assert set(np.unique(deformed.labels)) <= {0, 3, 7}
        inside = deformed.image[..., 0] > 105
        assert np.mean(inside != (deformed.labels > 0)) < 0.02
        assert (deformed.distance[deformed.labels == 0] == 0).all()
        changed_fractions.append(np.mean(deformed.labels != source.labels))
    assert 0.01 < np.mean(changed_fractions) < 0.1
    rows = np.arange(60)
    ramp = np.repeat(np.repeat(rows.astype(np.uint8)[:, None, None] * 4, 80, 1), 3, 2)
    deformed = elastic_deformation(AnnotatedImage(ramp, source.labels, source.distance), rng)
    np.testing.assert_allclose(deformed.image[0, :, 0], 0, atol=4)
    np.testing.assert_allclose(deformed.image[-1, :, 0], 59 * 4, atol=4)


def test_the_same_seed_gives_the_same_patch(source):
    first, second = (random_patch(source, 32, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.image, second.image)


def test_a_grey_image_stays_grey_and_all_values_stay_in_range():
    grey = np.repeat(np.arange(64, dtype=np.uint8).reshape(8, 8, 1) * 4, 3, axis=2)
    rng = np.random.default_rng(1)
    changed = [jitter_intensity(grey, rng) for _ in range(60)]
    for image in changed:
        assert image.dtype == np.float32
        assert np.isfinite(image).all()
        assert 0 <= image.min()
        assert image.max() <= 1
        np.testing.assert_array_equal(image[..., 0], image[..., 2])
    assert any((image[0, 0] > image[-1, -1]).all() for image in changed)  # some are inverted


def test_the_colours_of_a_coloured_image_change():
    image = np.zeros((8, 8, 3), np.uint8)
    image[..., 0], image[..., 2] = 200, 90
    rng = np.random.default_rng(1)
    changed = [jitter_intensity(image, rng) for _ in range(60)]
    assert all(np.isfinite(one).all() and one.min() >= 0 and one.max() <= 1 for one in changed)
    assert any(one[..., 2].mean() > one[..., 0].mean() for one in changed)


def annotated(background, cell, size=8):
    labels = np.zeros((size, size), np.int32)
    labels[2:4, 2:4] = 1
    image = np.empty((size, size, 3), np.uint8)
    image[:] = background
    image[labels > 0] = cell
    return AnnotatedImage(image, labels, distance_map(labels))


def test_the_kind_of_an_image_follows_from_its_colours_and_labels():
    assert image_kind(annotated((0, 0, 0), (200, 200, 200))) == "bright cells"
    assert image_kind(annotated((220, 220, 220), (90, 90, 90))) == "dark cells"
    assert image_kind(annotated((230, 200, 220), (90, 40, 120))) == "colour"


def test_rare_kinds_of_image_are_oversampled():
    bright = [annotated((0, 0, 0), (200, 200, 200)) for _ in range(9)]
    dark = annotated((220, 220, 220), (90, 90, 90))
    found = sampling_weights([*bright, dark])
    # patch roots of 9 and 1: three quarters and one quarter
    np.testing.assert_allclose(found, [0.75 / 9] * 9 + [0.25])


def test_large_images_are_sampled_more_often():
    found = sampling_weights(
        [annotated((0, 0, 0), (9, 9, 9), 8), annotated((0, 0, 0), (9, 9, 9), 16)]
    )
    np.testing.assert_allclose(found, [1 / 3, 2 / 3])
