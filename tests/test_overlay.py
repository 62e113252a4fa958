import numpy as np
import pytest

from cellseg.analysis.overlay import colours, overlay

GREY = np.full((4, 4, 3), 100, np.uint8)
SQUARE = np.array([[0, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]])


def test_filled_mixes_the_colour_by_opacity_inside_the_cell_only():
    painted = overlay(GREY, SQUARE, opacity=0.5, colour="#ff0000")
    assert painted[1, 1].tolist() == [178, 50, 50]  # (100 + 255) / 2 rounds to the even 178
    assert painted[0, 0].tolist() == [100, 100, 100]
    assert (painted != GREY).any(axis=-1).sum() == 9


def test_outline_leaves_the_inside_alone():
    painted = overlay(GREY, SQUARE, opacity=1.0, style="outline", colour="#00ff00")
    assert painted[2, 2].tolist() == [100, 100, 100]
    assert painted[1, 2].tolist() == [0, 255, 0]


def test_touching_cells_keep_a_line_between_them():
    touching = np.array([[1, 1, 1, 2, 2, 2]] * 6)
    painted = overlay(np.zeros((6, 6, 3), np.uint8), touching, opacity=1.0, style="outline")
    assert painted[3, 2:4].any(axis=-1).all()
    assert not painted[3, 1].any()


def test_a_mask_counts_as_one_label_and_the_image_is_not_changed():
    before = GREY.copy()
    by_mask = overlay(GREY, SQUARE > 0)
    assert (by_mask == overlay(GREY, SQUARE)).all()
    assert (before == GREY).all()


def test_each_label_has_its_own_colour():
    found = colours(np.arange(1, 50))
    assert found.min() >= 0
    assert found.max() <= 255
    assert len(np.unique(found.round(), axis=0)) == 49


def test_image_and_labels_must_fit():
    with pytest.raises(ValueError, match="do not fit"):
        overlay(GREY, SQUARE[:2])
