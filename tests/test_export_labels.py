import io

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from cellseg.exports.labels import label_tiff, mask_png, preview_png
from cellseg.exports.probability import probability_tiff
from cellseg.images.writing import label_tiff_bytes
from tests.drawn import DRAWN, many


def opened(content):
    return tifffile.TiffFile(io.BytesIO(content))


def pixels(content):
    return np.asarray(Pillow.open(io.BytesIO(content)))


@pytest.mark.parametrize("name", DRAWN)
def test_no_pixel_differs(name):
    with opened(label_tiff(DRAWN[name])) as file:
        np.testing.assert_array_equal(file.asarray().reshape(DRAWN[name].shape), DRAWN[name])
        assert file.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE


def test_many_cells_are_stored_in_more_bits():
    with opened(label_tiff(many())) as file:
        np.testing.assert_array_equal(file.asarray(), many())
        assert file.pages[0].dtype == np.uint32
    with opened(label_tiff(np.array([[65_535]]))) as file:
        assert file.pages[0].dtype == np.uint16


@pytest.mark.parametrize("write", [label_tiff, lambda a, size: probability_tiff(a / 2, size)])
def test_the_pixel_size_is_kept(write):
    with opened(write(np.ones((3, 4), int), 0.325)) as file:
        tags = file.pages[0].tags
        assert tags["ResolutionUnit"].value == 3  # centimetres
        for name in ("XResolution", "YResolution"):
            pixels_, centimetres = tags[name].value
            assert 10_000 * centimetres / pixels_ == pytest.approx(0.325)


def test_without_a_pixel_size_it_is_the_file_of_the_command_line():
    labels = np.array([[0, 3], [70_000, 3]])
    assert label_tiff(labels) == label_tiff_bytes(labels)


def test_mask():
    mask = pixels(mask_png(np.array([[0, 1], [300, 0]])))
    assert mask.dtype == np.uint8
    assert mask.tolist() == [[0, 255], [255, 0]]


def test_the_preview_shows_each_cell_in_a_bright_colour_of_its_own():
    picture = pixels(preview_png(np.array([[0, 1, 2], [3, 70_000, 0]])))
    assert picture.shape == (2, 3, 3)
    assert picture[0, 0].tolist() == picture[1, 2].tolist() == [0, 0, 0]
    colours = picture.reshape(-1, 3)[1:5]
    assert len(np.unique(colours, axis=0)) == 4
    assert (colours.max(axis=1) > 150).all()


def test_probability_keeps_its_numbers():
    probability = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    with opened(probability_tiff(probability)) as file:
        assert file.pages[0].dtype == np.float32
        np.testing.assert_array_equal(file.asarray(), probability)
