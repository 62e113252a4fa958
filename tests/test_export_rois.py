"""ROIs read back by roifile and filled as ImageJ fills: 0 pixels differ."""

import io
import struct
import zipfile

import numpy as np
import pytest
from roifile import ROI_TYPE, ImagejRoi

from cellseg.analysis.outlines import Outlines, outlines
from cellseg.errors import CellsegError
from cellseg.exports import rois
from cellseg.exports.rois import roi_zip
from tests.drawn import DRAWN, fill, many, ring


def read(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: ImagejRoi.frombytes(archive.read(name)) for name in archive.namelist()}


def drawn_back(rois, shape):
    image = np.zeros(shape, np.int64)
    for name, roi in rois.items():
        assert name == f"{roi.name}.roi"
        fill(image, roi.coordinates(multi=True), int(roi.name))
    return image


@pytest.mark.parametrize("name", DRAWN)
def test_no_pixel_differs(name):
    labels = DRAWN[name]
    found = read(roi_zip(outlines(labels)))
    np.testing.assert_array_equal(drawn_back(found, labels.shape), labels)
    assert len(found) == np.unique(labels[labels > 0]).size


def test_seventy_thousand_cells():
    found = read(roi_zip(outlines(many())))
    assert len(found) == 70_000
    np.testing.assert_array_equal(drawn_back(found, many().shape), many())


def test_a_plain_cell_is_a_traced_polygon_and_a_ring_a_composite():
    labels = np.zeros((10, 20), int)
    labels[2:7, 3:8] = 4 * ring(5)
    labels[1:4, 12:18] = 30
    found = read(roi_zip(outlines(labels)))
    assert list(found) == ["4.roi", "30.roi"]
    plain, composite = found["30.roi"], found["4.roi"]
    assert plain.roitype == ROI_TYPE.TRACED
    assert not plain.composite
    assert composite.composite
    for roi, box in ((plain, (12, 1, 18, 4)), (composite, (3, 2, 8, 7))):
        assert (roi.left, roi.top, roi.right, roi.bottom) == box


def test_the_file_of_one_pixel_byte_by_byte():
    """As RoiDecoder.java of ImageJ 1.54 reads it: big-endian, header, then x, then y."""
    labels = np.zeros((4, 6), int)
    labels[2, 5] = 1
    content = roi_zip(outlines(labels))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        roi = archive.read("1.roi")
    assert roi[:4] == b"Iout"
    assert roi[6] == 8  # traced
    assert struct.unpack(">4h", roi[8:16]) == (2, 5, 3, 6)  # top, left, bottom, right
    assert struct.unpack(">H", roi[16:18]) == (4,)
    assert struct.unpack(">i", roi[36:40]) == (0,)  # no composite
    assert struct.unpack(">4h4h", roi[64:80]) == (0, 1, 1, 0, 0, 0, 1, 1)


def test_a_long_outline_becomes_a_composite(monkeypatch):
    monkeypatch.setattr(rois, "MAX_POINTS", 4)
    labels = np.array([[1, 1], [1, 0]])
    found = read(roi_zip(outlines(labels)))
    assert found["1.roi"].composite
    np.testing.assert_array_equal(drawn_back(found, labels.shape), labels)


def test_far_coordinates_are_kept():
    labels = np.zeros((1, rois.HIGHEST_COORDINATE), np.uint8)
    labels[0, 40_000:40_002] = 1
    labels[0, -1] = 2
    found = read(roi_zip(outlines(labels)))
    np.testing.assert_array_equal(drawn_back(found, labels.shape), labels)


def test_what_the_format_cannot_hold_is_one_sentence():
    points = np.array([[0, 0], [60_536, 0], [60_536, 1], [0, 1]], np.int32)
    one = np.array([1])
    with pytest.raises(CellsegError, match=r"60536.*60,535.*GeoJSON"):
        roi_zip(Outlines(points, one - 1, one, np.array([True])))


def test_equal_cells_give_equal_bytes():
    cells = outlines(DRAWN["touching cells"])
    assert roi_zip(cells) == roi_zip(cells)
