"""Outlines, filled again, are the label image: 0 pixels differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellseg.analysis.outlines import outlines
from tests.drawn import DRAWN, fill, many


def drawn_back(found, shape):
    image = np.zeros(shape, np.int64)
    for label, polygons in found.cells():
        fill(image, [ring for polygon in polygons for ring in polygon], label)
    return image


@pytest.mark.parametrize("name", DRAWN)
def test_no_pixel_differs(name):
    labels = DRAWN[name]
    np.testing.assert_array_equal(drawn_back(outlines(labels), labels.shape), labels)


@settings(max_examples=150, deadline=None)
@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 2))
)
def test_no_pixel_differs_on_random_labels(labels):
    found = outlines(labels)
    np.testing.assert_array_equal(drawn_back(found, labels.shape), labels)
    for _, polygons in found.cells():
        for polygon in polygons:
            for ring in polygon:
                assert len({tuple(point) for point in ring.tolist()}) == len(ring) >= 4


def test_seventy_thousand_cells():
    found = outlines(many())
    assert len(found.begins) == 70_000
    np.testing.assert_array_equal(found.label, np.arange(1, 70_001))
    assert found.outer.all()
    np.testing.assert_array_equal(drawn_back(found, many().shape), many())


def test_one_pixel_has_four_corners_turning_from_x_to_y():
    found = outlines(np.pad([[1]], 1))
    assert found.points.tolist() == [[1, 1], [2, 1], [2, 2], [1, 2]]


def test_straight_sides_have_no_points_between():
    assert len(outlines(np.ones((4, 9), int)).points) == 4


def test_parts_and_holes():
    cells = dict(outlines(DRAWN["a ring around a ring of one label"]).cells())
    assert [len(polygon) for polygon in cells[1]] == [2, 2]
    assert [len(ring) for polygon in cells[1] for ring in polygon] == [4, 4, 4, 4]
    cells = dict(outlines(DRAWN["a detached part"]).cells())
    assert [len(cells[label]) for label in (5, 9)] == [2, 1]


def test_polygons_are_valid():
    geometry = pytest.importorskip("shapely.geometry")
    for name, labels in DRAWN.items():
        for label, polygons in outlines(labels).cells():
            cell = geometry.MultiPolygon([(polygon[0], polygon[1:]) for polygon in polygons])
            assert cell.is_valid, name
            assert cell.area == np.count_nonzero(labels == label), name


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
def test_an_image_without_pixels(shape):
    assert list(outlines(np.zeros(shape, int)).cells()) == []
