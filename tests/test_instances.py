import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.morphology import reconstruction

from cellseg.methods.cells.instances import (
    filter_by_size_and_score,
    h_maxima_basins,
    instances_from_maps,
)
from cellseg.recipes.cells.facts import InstanceSettings
from cellseg.segmentation.instances import (
    connected_components,
    foreground_mask,
    resize_probability,
)


def test_components_are_4_connected():
    mask = np.array([[1, 0, 1], [1, 0, 1], [0, 1, 0]], bool)
    labels = connected_components(mask)
    assert labels.max() == 3
    assert labels.dtype == np.int32
    assert (labels > 0).tolist() == mask.tolist()


def test_a_probability_of_one_half_is_background():
    assert foreground_mask(np.array([[0.5, 0.51]])).tolist() == [[False, True]]


def test_enlarging_interpolates_between_pixel_centres():
    wide = resize_probability(np.array([[0.0, 1.0]], np.float32), 1, 4)
    assert wide.tolist() == [[0.0, 0.25, 0.75, 1.0]]


def test_enlarging_keeps_a_constant_map_and_the_shape_of_the_image():
    assert (resize_probability(np.full((8, 8), 0.3, np.float32), 5, 31) == np.float32(0.3)).all()
    assert resize_probability(np.zeros((8, 8), np.float32), 5, 31).shape == (5, 31)


def profile(*heights):
    """Rows of maxima of these heights, each seven pixels wide, with valleys of 0.1 between them."""
    slope = np.array([0.4, 0.7, 0.9, 1.0, 0.9, 0.7, 0.4])
    row = np.concatenate([np.maximum(0.1, slope * height) for height in heights])
    return np.repeat(row[None].astype(np.float32), 5, axis=0)


def test_every_h_maximum_is_a_cell():
    distance = profile(1.0, 0.8, 0.6)
    ones = np.ones_like(distance)
    settings = InstanceSettings(smoothing=0.0, min_area=0)
    cells = instances_from_maps(ones, 0 * ones, distance, settings)
    assert cells.max() == 3
    assert cells[0].tolist() == [1] * 7 + [2] * 7 + [3] * 7


def test_a_maximum_below_h_is_not_a_cell():
    distance = profile(1.0, 0.6)
    ones = np.ones_like(distance)
    # from 0.6 down to the saddle of 0.24 the second maximum has a prominence of 0.36
    for prominence, number in ((0.3, 2), (0.4, 1)):
        settings = InstanceSettings(smoothing=0.0, prominence=prominence, min_area=0)
        assert instances_from_maps(ones, 0 * ones, distance, settings).max() == number


def test_the_boundary_map_separates_cells_that_the_distance_map_does_not():
    distance = np.full((5, 9), 0.8, np.float32)
    ones, boundary = np.ones_like(distance), np.zeros_like(distance)
    boundary[:, 4] = 1.0
    for weight, number in ((0.0, 1), (0.5, 2)):
        settings = InstanceSettings(smoothing=0.0, boundary_weight=weight, min_area=0)
        assert instances_from_maps(ones, boundary, distance, settings).max() == number


def test_a_plateau_is_one_basin_and_every_component_of_the_mask_has_one():
    mask = np.array([[1, 1, 0, 0, 1], [1, 1, 0, 0, 1], [0, 0, 1, 0, 1]], bool)
    labels = h_maxima_basins(np.zeros(mask.shape), mask, 0.2)
    assert labels.tolist() == [[1, 1, 0, 0, 2], [1, 1, 0, 0, 2], [0, 0, 1, 0, 2]]
    assert not h_maxima_basins(np.zeros((3, 5)), np.zeros((3, 5), bool), 0.2).any()


def test_a_low_basin_is_merged_across_its_highest_saddle():
    row = np.array([[3.0, 1.0, 2.0, 1.5, 4.0]])  # 2 lies 0.5 above the saddle to 4, 1 to 3
    mask = np.ones(row.shape, bool)
    assert h_maxima_basins(row, mask, 0.6).tolist() == [[1, 1, 2, 2, 2]]
    assert h_maxima_basins(row, mask, 0.5).max() == 3
    assert h_maxima_basins(row, mask, 3.0).max() == 1


def test_there_are_as_many_basins_as_h_maxima():
    rng = np.random.default_rng(0)
    for prominence in (0.5, 1.0, 2.0):
        heights = 20 * gaussian_filter(rng.normal(size=(90, 120)), 3).astype(np.float32)
        mask = gaussian_filter(rng.normal(size=heights.shape), 8) > 0
        inner = np.where(mask, heights, -1000).astype(np.float32)
        flooded = reconstruction(inner - prominence, inner, footprint=np.ones((3, 3)))
        # pixels that stay a whole h under water are the h-maxima, one for each basin
        maxima = label((inner - flooded >= prominence * 0.999) & mask, connectivity=2)
        labels = h_maxima_basins(heights, mask, prominence)
        assert labels.max() == maxima.max() > 3
        for number in range(1, maxima.max() + 1):
            assert np.unique(labels[maxima == number]).size == 1
        np.testing.assert_array_equal(labels > 0, mask)


def test_small_cells_are_removed_and_the_others_relabelled():
    labels = np.array([[1, 0, 2, 2, 0, 3], [0, 0, 2, 2, 0, 3]], np.int32)
    ones = np.ones(labels.shape)
    kept = filter_by_size_and_score(labels, ones, InstanceSettings(min_area=2))
    assert kept.tolist() == [[0, 0, 1, 1, 0, 2], [0, 0, 1, 1, 0, 2]]
    assert (
        filter_by_size_and_score(labels, ones, InstanceSettings(min_area=0)).tolist()
        == labels.tolist()
    )


def test_improbable_cells_are_removed():
    labels = np.array([[1, 1, 0, 2, 2]], np.int32)
    foreground = np.array([[0.9, 0.7, 0.1, 0.9, 0.6]])  # means 0.8 and 0.75
    for least, left in ((0.7, 2), (0.76, 1), (0.85, 0)):
        assert (
            filter_by_size_and_score(
                labels, foreground, InstanceSettings(min_area=0, min_score=least)
            ).max()
            == left
        )
