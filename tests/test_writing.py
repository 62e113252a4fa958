"""What is written comes back the same."""

import numpy as np
import pytest
import tifffile

from cellseg.images.image import Image
from cellseg.images.reading import read_image, read_mask
from cellseg.images.writing import (
    label_tiff_bytes,
    mask_tiff_bytes,
    png_bytes,
    tiff_bytes,
)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 3), (1, 1), (2, 3)])
def test_png(tmp_path, shape):
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    (tmp_path / "a.png").write_bytes(png_bytes(array))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").pixels, array)


def test_png_of_other_dtypes_is_refused():
    with pytest.raises(ValueError, match="uint16"):
        png_bytes(np.zeros((2, 2), np.uint16))


@pytest.mark.parametrize(("highest", "dtype"), [(0, "u2"), (65535, "u2"), (65536, "u4")])
def test_label_tiff_is_as_deep_as_needed(tmp_path, highest, dtype):
    labels = np.array([[0, highest]], np.int64)
    path = tmp_path / "a.tif"
    path.write_bytes(label_tiff_bytes(labels))
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE
    mask = read_mask(path)
    assert mask.dtype == dtype
    np.testing.assert_array_equal(mask, labels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(("shape", "axes"), [((5, 4), "YX"), ((5, 3), "YX"), ((5, 4, 3), "YXC")])
def test_tiff_of_an_image(tmp_path, dtype, shape, axes):
    image = Image(np.arange(np.prod(shape)).reshape(shape).astype(dtype), axes)
    (tmp_path / "a.tif").write_bytes(tiff_bytes(image))
    back = read_image(tmp_path / "a.tif")
    assert (back.axes, back.bits) == (image.axes, image.bits)
    np.testing.assert_array_equal(back.pixels, image.pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_tiff_of_a_mask_keeps_the_dtype(tmp_path, dtype):
    mask = np.array([[0, 7, 255]], dtype)
    (tmp_path / "a.tif").write_bytes(mask_tiff_bytes(mask))
    back = read_mask(tmp_path / "a.tif")
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, mask)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(
    ("shape", "axes", "names", "size"),
    [
        ((5, 4), "YX", ("DAPI",), 0.25),
        ((5, 4), "YX", (), 0.25),
        ((5, 4, 3), "YXC", ("DAPI", "GFP", "none"), 0.25),
        ((5, 4, 3), "YXC", ("µ & <b>", "b", "c"), None),
        ((5, 4, 3), "YXC", (), 0.1),
    ],
)
def test_names_and_size_are_kept(tmp_path, dtype, shape, axes, names, size):
    image = Image(np.arange(np.prod(shape)).reshape(shape).astype(dtype), axes, names, size)
    (tmp_path / "a.tif").write_bytes(tiff_bytes(image))
    back = read_image(tmp_path / "a.tif")
    assert (back.axes, back.bits, back.channel_names) == (axes, image.bits, names)
    assert back.pixel_size_um == (None if size is None else pytest.approx(size))
    np.testing.assert_array_equal(back.pixels, image.pixels)
