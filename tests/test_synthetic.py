"""Drawn cells: plausible, repeatable, with true masks."""

import numpy as np
import pytest
from scipy import ndimage

from cellseg.images.synthetic import draw_cells


def test_the_same_seed_draws_the_same():
    first, again = (draw_cells(np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (draw_cells(np.random.default_rng(8))[1] != first[1]).any()


def test_form_of_image_and_labels():
    image, labels = draw_cells(np.random.default_rng(0), size=200)
    assert image.shape == labels.shape == (200, 200)
    assert image.dtype == labels.dtype == np.uint16
    assert image.max() <= 4095
    assert np.unique(labels).tolist() == list(range(labels.max() + 1))
    assert labels.max() >= 8
    assert 0.1 < (labels > 0).mean() < 0.6


def test_cells_are_brighter_than_their_surroundings_but_not_by_a_threshold_alone():
    image, labels = draw_cells(np.random.default_rng(1))
    inside, outside = image[labels > 0], image[labels == 0]
    assert np.median(inside) > 2 * np.median(outside)
    assert inside.min() < outside.max()


def test_some_cells_touch():
    _, labels = draw_cells(np.random.default_rng(2))
    assert ndimage.label(labels > 0)[1] < labels.max()


@pytest.mark.parametrize(("size", "cells"), [(32, 1), (64, 3), (64, 0)])
def test_few_cells(size, cells):
    image, labels = draw_cells(np.random.default_rng(3), size=size, cells=cells)
    assert image.shape == (size, size)
    assert labels.max() <= cells
