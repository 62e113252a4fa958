"""Shapes against hand-computed ones and against scikit-image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.draw import disk, ellipse
from skimage.measure import label, regionprops_table

from cellseg.analysis.label_runs import checked_labels, relabel_sequential
from cellseg.analysis.shapes import shapes

PROPERTIES = (
    "area",
    "area_bbox",
    "area_convex",
    "perimeter",
    "perimeter_crofton",
    "axis_major_length",
    "axis_minor_length",
    "eccentricity",
    "orientation",
    "equivalent_diameter_area",
    "feret_diameter_max",
    "solidity",
    "extent",
    "euler_number",
    "centroid",
    "bbox",
)


def of(drawn):
    ids, image = relabel_sequential(checked_labels(np.asarray(drawn)))
    return shapes(image, ids.size)


def assert_as_skimage(labels):
    found, expected = of(labels), regionprops_table(labels, properties=PROPERTIES)
    assert set(found) == set(expected)
    round_cells = expected["eccentricity"] < 1e-4  # have no orientation
    for name, values in expected.items():
        # The square root of a difference that is nearly 0 has fewer exact digits.
        within = 1e-6 if name in ("eccentricity", "axis_minor_length", "orientation") else 1e-9
        difference = np.abs(found[name] - values)
        if name == "orientation":
            difference = np.where(round_cells, 0, np.minimum(difference, np.pi - difference))
        assert (difference <= within * np.maximum(1, np.abs(values))).all(), name


def test_one_pixel():
    cell = of([[0, 0, 0], [0, 0, 1]])
    assert cell["area"] == cell["area_bbox"] == cell["area_convex"] == 1
    assert cell["perimeter"] == 0
    assert cell["axis_major_length"] == cell["eccentricity"] == 0
    assert cell["feret_diameter_max"] == 1
    assert cell["euler_number"] == cell["solidity"] == cell["extent"] == 1
    assert (cell["centroid-0"], cell["centroid-1"]) == (1, 2)
    assert [cell[f"bbox-{corner}"].item() for corner in range(4)] == [1, 2, 2, 3]


def test_a_square_of_three():
    cell = of(np.ones((3, 3), int))
    assert cell["area"] == 9
    assert cell["perimeter"] == 8
    assert cell["eccentricity"] == 0
    assert cell["axis_major_length"] == pytest.approx(4 * np.sqrt(2 / 3))
    assert cell["equivalent_diameter_area"] == pytest.approx(6 / np.sqrt(np.pi))
    assert cell["feret_diameter_max"] == pytest.approx(np.sqrt(13))


def test_an_upright_line_lies_along_the_y_axis_and_a_flat_one_across_it():
    upright, flat = of(np.ones((5, 1), int)), of(np.ones((1, 5), int))
    assert upright["orientation"] == 0
    assert abs(flat["orientation"]) == pytest.approx(np.pi / 2)
    for line in (upright, flat):
        assert line["eccentricity"] == 1
        assert line["axis_minor_length"] == 0
        assert line["feret_diameter_max"] == 5


def test_a_ring_has_a_hole_and_two_parts_are_two():
    assert of([[1, 1, 1], [1, 0, 1], [1, 1, 1]])["euler_number"] == 0
    assert of([[1, 0, 1]])["euler_number"] == 2
    assert of([[1, 0], [0, 1]])["euler_number"] == 1  # corners touch


def test_no_cells():
    assert all(values.shape == (0,) for values in of(np.zeros((4, 4), int)).values())


def test_two_bumps_with_a_deep_valley():
    drawn = np.zeros((300, 90), int)
    drawn[disk((75, 0), 75, shape=drawn.shape)] = 1
    drawn[disk((225, 0), 74, shape=drawn.shape)] = 1
    assert_as_skimage(drawn)
    assert_as_skimage(drawn.T)


def test_touching_ellipses():
    drawn = np.zeros((120, 200), int)
    for number in range(12):
        row, column = divmod(number, 6)
        where = ellipse(30 + 55 * row, 18 + 33 * column, 28, 14, drawn.shape, number / 2)
        drawn[where] = number + 1
    assert_as_skimage(drawn)


@settings(max_examples=100, deadline=None)
@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 3))
)
def test_random_labels_in_several_parts(labels):
    if labels.any():
        assert_as_skimage(labels)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.9))
def test_random_connected_parts(seed, density):
    mask = np.random.default_rng(seed).random((25, 30)) < density
    if mask.any():
        assert_as_skimage(label(mask, connectivity=1))
