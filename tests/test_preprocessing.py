import numpy as np

from cellseg.images.image import Image
from cellseg.methods.pixels.preprocessing import network_image, network_mask
from cellseg.recipes.pixels.settings import PixelsPreprocessing

SMALL = PixelsPreprocessing(image_size=32)


def test_a_grey_8_bit_image_becomes_three_equal_channels_of_its_own_values():
    image = Image(np.tile(np.array([[10, 200]], np.uint8), (32, 16)), "YX")
    prepared = network_image(image, SMALL)
    assert prepared.shape == (32, 32, 3)
    assert prepared.dtype == np.uint8
    assert (prepared[..., 0] == image.pixels).all()
    assert (prepared[..., 1] == prepared[..., 2]).all()


def test_colours_keep_their_order():
    image = Image(np.full((50, 40, 3), (255, 120, 3), np.uint8), "YXC")
    assert network_image(image, SMALL)[7, 9].tolist() == [255, 120, 3]


def test_more_than_8_bits_are_scaled_and_not_truncated():
    ramp = np.arange(32 * 32, dtype=np.uint16).reshape(32, 32) * 60
    prepared = network_image(Image(ramp, "YX"), SMALL)[..., 0]
    assert prepared.min() == 0
    assert prepared.max() == 255
    assert (np.diff(prepared.ravel().astype(int)) >= 0).all()


def test_a_mask_pixel_is_foreground_if_most_of_its_area_is():
    mask = np.zeros((64, 64), bool)
    mask[0:2, 0:2] = True  # all four pixels of the first network pixel
    mask[0, 2] = True  # a quarter of the second
    mask[2, 0:2] = mask[3, 0] = True  # three quarters of the one below
    small = network_mask(mask, SMALL)
    assert small.dtype == np.uint8
    assert small[:2, :2].tolist() == [[1, 0], [1, 0]]
    assert small.sum() == 2


def test_a_mask_smaller_than_the_input_is_enlarged_without_new_values():
    small = network_mask(np.array([[True, False]]), SMALL)
    assert small[:, :16].all()
    assert not small[:, 16:].any()
