import numpy as np
import pytest

from cellseg.analysis.label_runs import (
    checked_labels,
    keep_labels,
    relabel_sequential,
    runs_of,
)
from cellseg.analysis.matching import overlaps
from cellseg.analysis.measurements import measure
from cellseg.analysis.outlines import outlines


def test_runs_end_at_the_row_and_where_the_label_changes():
    runs = runs_of(np.array([[0, 5, 5], [5, 0, 9]]))
    assert runs.label.tolist() == [5, 5, 9]
    assert runs.row.tolist() == [0, 1, 1]
    assert runs.start.tolist() == [1, 0, 2]
    assert runs.stop.tolist() == [3, 1, 3]
    assert runs.length.tolist() == [2, 1, 1]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 2)])
def test_no_cell_has_no_run(shape):
    assert runs_of(np.zeros(shape, np.uint16)).label.size == 0


def test_a_mask_is_one_cell():
    assert checked_labels(np.array([[True, False]])).tolist() == [[1, 0]]


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", ">u2", "<u2", ">u4", "i4", "i8", "u8"])
def test_every_type_of_whole_number_is_welcome(dtype):
    labels = np.array([[0, 1, 1], [0, 0, 1]]).astype(dtype)[:, ::-1]
    for found in (checked_labels(labels), labels):
        assert measure(found)["area"].tolist() == [3]
        assert len(outlines(found).points) == 6
        assert overlaps(found, found).shared.tolist() == [3]


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (np.zeros((2, 2, 2), int), "int64"),
        (np.zeros((2, 2)), "float64"),
        (np.array([[-3, 1]]), "-3"),
    ],
)
def test_what_is_no_label_image_is_refused(labels, found):
    with pytest.raises(ValueError, match=found):
        checked_labels(labels)


def test_renumbering_keeps_the_order_and_fits_the_type():
    ids, image = relabel_sequential(np.array([[0, 4_000_000_000], [7, 7]]))
    assert ids.tolist() == [7, 4_000_000_000]
    assert image.dtype == np.uint16
    assert image.tolist() == [[0, 2], [1, 1]]


def test_many_cells_are_numbered_in_more_bits():
    labels = np.arange(70_000).reshape(350, 200) * 2
    ids, image = relabel_sequential(labels)
    assert image.dtype == np.int32
    np.testing.assert_array_equal(ids[image[0, 1:] - 1], labels[0, 1:])


def test_selecting_keeps_only_some_labels():
    labels = np.array([[0, 1, 2], [3, 3, 1]], np.uint8)
    kept = keep_labels(labels, np.array([3, 1, 99]))
    assert kept.dtype == np.uint8
    assert kept.tolist() == [[0, 1, 0], [3, 3, 1]]
    assert keep_labels(labels, np.array([], int)).max() == 0
