import numpy as np
import pytest

from cellseg.methods.cells.targets import (
    boundary_map,
    distance_map,
    separation_mask,
    structure_width,
    typical_diameter,
    weight_map,
)

TWO = np.array(
    [
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 0, 2, 0],
        [1, 1, 1, 0, 0, 0],
    ]
)


def test_distances_are_normalized_in_each_cell_and_the_image_edge_is_no_border():
    third = pytest.approx(1 / 3)
    expected = [[1, 2 * third.expected, third.expected, 0, 0, 0]] * 3
    expected[1] = [*expected[1][:4], 1, 0]
    np.testing.assert_allclose(distance_map(TWO), expected, rtol=1e-6)


def test_diameters_are_those_of_circles_of_the_same_area():
    assert typical_diameter(np.array([[0, 0]])) is None
    assert typical_diameter(TWO) == pytest.approx(2 * np.sqrt(5 / np.pi))  # areas of 9 and 1
    assert typical_diameter(TWO, 25.0) == pytest.approx(2 * np.sqrt(3 / np.pi))  # 1 + (9 - 1) / 4


def test_a_cell_that_fills_the_image_has_no_border():
    assert (distance_map(np.ones((3, 4), int)) == 1).all()


def test_distances_end_between_touching_cells():
    labels = np.array([[0, 1, 1, 2, 2, 0]] * 3)
    assert (distance_map(labels) > 0).tolist() == (labels > 0).tolist()
    np.testing.assert_array_equal(distance_map(labels), np.where(labels > 0, 1, 0))


def test_boundaries_are_cell_pixels_next_to_other_labels():
    expected = [[0, 0, 1, 0, 0, 0], [0, 0, 1, 0, 1, 0], [0, 0, 1, 0, 0, 0]]
    assert boundary_map(TWO).astype(int).tolist() == expected


def test_boundaries_separate_touching_cells():
    labels = np.array([[1, 1, 1, 2, 2, 2]])
    assert boundary_map(labels).tolist() == [[False, False, True, True, False, False]]


def test_small_cells_have_larger_weights_within_limits():
    found = weight_map(TWO, typical_area=9.0)
    assert found[0, 0] == pytest.approx(2.0)  # as large as is typical
    assert found[0, 3] == pytest.approx(3.0 * 4.0)  # between the two
    alone = weight_map(np.where(TWO == 2, TWO, 0), typical_area=9.0)
    assert alone[1, 4] == pytest.approx(4.0)  # 2 sqrt(9 / 1) = 6, more than the bound
    assert found.dtype == np.float32


def test_pixels_around_a_small_cell_have_the_weight_of_the_cell():
    labels = np.zeros((1, 12), int)
    labels[0, 5] = 1
    assert weight_map(labels, 1.0)[0].tolist() == [1, 1, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1]


def test_pixels_between_two_cells_have_three_times_the_weight():
    labels = np.array([[1, 1, 1, 1, 0, 2, 2, 2, 2, 0]])
    near = [False, False, False, True, True, True, False, False, False, False]
    assert separation_mask(labels)[0].tolist() == near
    assert weight_map(labels, 1.0)[0].tolist() == [1, 1, 1, 3, 3, 3, 1, 1, 1, 1]


def test_an_isolated_cell_has_no_separation_pixels():
    assert not separation_mask(np.array([[0, 1, 1, 0]])).any()
    assert not separation_mask(np.zeros((3, 3), int)).any()


def test_the_structure_width_is_that_of_the_thinner_of_cell_and_background():
    stripe = np.zeros((10, 20), int)
    stripe[4:7] = 1  # 60 pixels, with 40 pairs across its two borders
    assert structure_width([stripe]) == pytest.approx(2 * 60 / (np.pi / 4 * 40))
    assert structure_width([1 - stripe]) == structure_width([stripe])
    assert structure_width([np.zeros((4, 4), int)]) is None
    disc = np.hypot(*np.mgrid[-60:61, -60:61]) <= 40
    assert structure_width([disc]) == pytest.approx(40, rel=0.02)  # half of the diameter
