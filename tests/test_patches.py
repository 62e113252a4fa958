import numpy as np
import pytest
from scipy import ndimage

from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.augmentation import SCALE_RANGE
from cellseg.methods.cells.patches import (
    patch_batches,
    patch_scale_range,
    patch_side,
    semantic_scale,
)
from cellseg.methods.cells.targets import distance_map
from tests.fake_networks import two_squares


def test_batches_of_patches_have_the_documented_shapes():
    labels, outputs = two_squares()
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
def test_the_side_of_a_patch_is_about_three_cell_diameters(diameter, side):
    assert patch_side(diameter) == side


def test_a_semantic_training_weighs_all_pixels_equally():
    labels, _ = two_squares()
    image = AnnotatedImage(np.zeros((64, 64, 3), np.uint8), labels, distance_map(labels))
    ((_, alike),) = patch_batches([image], 64, 2, 1, None, 0).as_numpy_iterator()
    assert (alike[..., 3] == 1.0).all()
    ((_, told),) = patch_batches([image], 64, 2, 1, 400.0, 0).as_numpy_iterator()
    cells = told[..., 0] == 1
    assert (told[..., 3][cells] > 1.0).all()
    near = ndimage.maximum_filter(cells, (1, 7, 7))
    assert (told[..., 3][~near] == 1.0).all()


def test_patches_of_enlarged_images_cover_a_smaller_area():
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
def test_the_semantic_scale_is_a_multiple_of_a_quarter_and_at_most_2(width, factor):
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
