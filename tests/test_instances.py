import numpy as np

from cellseg.segmentation.instances import connected_components, enlarged, mask_of


def test_parts_connect_by_edges_not_corners():
    mask = np.array([[1, 0, 1], [1, 0, 1], [0, 1, 0]], bool)
    labels = connected_components(mask)
    assert labels.max() == 3
    assert labels.dtype == np.int32
    assert (labels > 0).tolist() == mask.tolist()


def test_a_tie_is_background():
    assert mask_of(np.array([[0.5, 0.51]])).tolist() == [[False, True]]


def test_enlarging_interpolates_between_pixel_centres():
    wide = enlarged(np.array([[0.0, 1.0]], np.float32), 1, 4)
    assert wide.tolist() == [[0.0, 0.25, 0.75, 1.0]]


def test_enlarging_keeps_a_constant_map_and_the_shape_of_the_image():
    assert (enlarged(np.full((8, 8), 0.3, np.float32), 5, 31) == np.float32(0.3)).all()
    assert enlarged(np.zeros((8, 8), np.float32), 5, 31).shape == (5, 31)
