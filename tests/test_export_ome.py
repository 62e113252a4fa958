import io

import numpy as np
import pytest
import tifffile

from cellseg.exports.ome import ome_tiff
from cellseg.images.image import Image

LABELS = np.array([[0, 1, 1, 0], [2, 2, 0, 70_000]])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(("shape", "axes"), [((2, 4), "YX"), ((2, 4, 3), "YXC")])
def test_image_and_labels_come_back(dtype, shape, axes):
    image = Image(np.arange(np.prod(shape)).reshape(shape).astype(dtype), axes)
    content = ome_tiff(image, LABELS, "Zell <ä>", 0.325)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        assert file.is_ome
        picture, labels = file.series
        assert (picture.name, labels.name) == ("Zell <ä>", "labels")
        assert picture.axes == ("YX" if axes == "YX" else "YXS")
        np.testing.assert_array_equal(picture.asarray(), image.pixels)
        np.testing.assert_array_equal(labels.asarray(), LABELS)
        assert (picture.dtype, labels.dtype) == (dtype, np.uint32)
        assert file.ome_metadata.count('PhysicalSizeX="0.325" PhysicalSizeXUnit="µm"') == 2
        assert file.ome_metadata.count('PhysicalSizeY="0.325" PhysicalSizeYUnit="µm"') == 2


def test_without_a_pixel_size_none_is_written():
    content = ome_tiff(Image(np.zeros(LABELS.shape, np.uint8), "YX"), LABELS)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        assert "PhysicalSize" not in file.ome_metadata


def test_equal_content_gives_equal_bytes():
    image = Image(np.zeros(LABELS.shape, np.uint8), "YX")
    assert ome_tiff(image, LABELS) == ome_tiff(image, LABELS)
    assert ome_tiff(image, LABELS) != ome_tiff(image, LABELS * 2)


def test_labels_of_another_image_are_refused():
    with pytest.raises(ValueError, match="labels of"):
        ome_tiff(Image(np.zeros((4, 4), np.uint8), "YX"), LABELS)
