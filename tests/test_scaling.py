"""Scaling to 8 bits and thumbnails."""

import numpy as np
import pytest

from cellseg.images import scaling
from cellseg.images.image import Image
from cellseg.images.scaling import (
    Stretch,
    nearest,
    stretched_rgb8,
    thumbnail,
    thumbnail_labels,
    to_rgb8,
)


def test_eight_bits_are_kept_as_they_are():
    grey = np.array([[0, 1], [2, 200]], np.uint8)
    np.testing.assert_array_equal(to_rgb8(Image(grey, "YX")), np.stack([grey] * 3, axis=-1))
    colour = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.testing.assert_array_equal(to_rgb8(Image(colour, "YXC")), colour)


def test_more_bits_are_scaled_by_percentiles_not_cut():
    ramp = np.arange(1001, dtype=np.uint16).reshape(1, -1) + 3000
    scaled = to_rgb8(Image(ramp, "YX"))[0, :, 0]
    assert scaled[:11].max() == 0  # percentile 1 is 3010
    assert scaled[998:].min() == 255  # percentile 99.8 is 3998
    assert scaled[504] == round((504 - 10) / (998 - 10) * 255)


def test_each_channel_has_its_own_percentiles():
    ramp = np.arange(100, dtype=np.uint16).reshape(10, 10)
    image = Image(np.stack([ramp, ramp * 10 + 500, ramp * 0], axis=-1), "YXC")
    scaled = to_rgb8(image)
    np.testing.assert_array_equal(scaled[..., 0], scaled[..., 1])
    assert scaled[..., 2].max() == 0


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_constant_image_is_black(dtype):
    assert to_rgb8(Image(np.full((4, 4), 700, dtype), "YX")).max() == 0


def test_few_bright_pixels_stay_visible():
    pixels = np.zeros((100, 100), np.uint16)
    pixels[3, 4] = 5000
    scaled = to_rgb8(Image(pixels, "YX"))
    assert scaled[3, 4].tolist() == [255, 255, 255]
    assert scaled.sum() == 3 * 255


def by_formula(pixels, low, high):
    """A channel scaled by the percentiles that NumPy computes of all its pixels."""
    bottom, top = np.percentile(pixels, (low, high))
    fraction = np.clip((pixels.astype(np.float64) - bottom) / (top - bottom), 0, 1)
    return np.round(fraction * 255).astype(np.uint8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(("low", "high"), [(1.0, 99.8), (0.0, 100.0), (12.3, 77.7)])
def test_windows_are_scaled_by_the_percentiles_of_the_whole_to_the_last_bit(
    dtype, low, high, monkeypatch
):
    monkeypatch.setattr(scaling, "BLOCK", 500)  # a few rows at a time
    rng = np.random.default_rng(0)
    pixels = rng.gamma(2.0, 20.0, (83, 71, 3)).clip(0, 255).astype(dtype)
    truth = np.stack([by_formula(pixels[..., c], low, high) for c in range(3)], axis=-1)
    image = Image(pixels, "YXC")
    np.testing.assert_array_equal(stretched_rgb8(image, low, high), truth)
    stretch = Stretch.of(image, low, high)
    window = (slice(5, 60), slice(11, 70, 2))
    np.testing.assert_array_equal(stretch.rgb8(*window), truth[window])
    grey = Stretch.of(Image(pixels[..., 1], "YX"), low, high)
    np.testing.assert_array_equal(grey.rgb8(*window)[..., 2], truth[window][..., 1])


@pytest.mark.parametrize(("height", "width"), [(30, 41), (100, 90), (240, 401)])
def test_windows_of_a_resized_image_are_parts_of_it(height, width):
    rng = np.random.default_rng(0)
    stretch = Stretch.of(Image(rng.integers(0, 4000, (100, 90), dtype=np.uint16), "YX"))
    whole = stretch.resized(height, width)
    assert whole.shape == (height, width, 3)
    for rows in (slice(0, 17), slice(13, height)):
        for columns in (slice(0, width), slice(20, 33)):
            window = stretch.resized(height, width, rows, columns)
            apart = np.abs(window.astype(int) - whole[rows, columns])
            assert window.shape == whole[rows, columns].shape
            assert apart.max() <= 1


def test_an_image_of_half_the_size_is_the_mean_of_its_pixels():
    pixels = np.zeros((4, 4), np.uint8)
    pixels[:2] = 255
    half = Stretch.of(Image(pixels, "YX")).resized(2, 4)[..., 0]
    # the filter of half the size reaches two pixels far: weights 3, 3, 1 of 7 at the edge
    assert half.tolist() == [[round(255 * 6 / 7)] * 4, [round(255 / 7)] * 4]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_percentiles_of_few_and_equal_integers_are_those_of_numpy(dtype):
    rng = np.random.default_rng(0)
    for size in (1, 2, 3, 10, 101):
        for most in (2, 10, np.iinfo(dtype).max):
            pixels = rng.integers(0, most, (1, size), dtype=dtype)
            image = Image(pixels, "YX")
            for low, high in ((1.0, 99.8), (0.0, 100.0), (49.0, 50.5)):
                ((bottom, top),) = Stretch.of(image, low, high).ranges
                first, last = np.percentile(pixels, (low, high))
                if first == last:
                    first, last = pixels.min(), pixels.max()
                assert (bottom, top) == (first, last)


def test_image_refuses_axes_that_do_not_fit():
    with pytest.raises(ValueError, match="YXC"):
        Image(np.zeros((4, 4), np.uint8), "YXC")


@pytest.mark.parametrize(
    ("shape", "small"),
    [((512, 256), (256, 128)), ((100, 90), (100, 90)), ((3000, 1), (256, 1)), ((1, 1), (1, 1))],
)
def test_thumbnail_keeps_the_proportions(shape, small):
    assert thumbnail(np.zeros((*shape, 3), np.uint8)).shape == (*small, 3)
    assert thumbnail_labels(np.zeros(shape, np.uint16)).shape == small


def test_labels_are_never_interpolated():
    labels = np.zeros((300, 300), np.uint16)
    labels[:, 150:] = 40000
    small = thumbnail_labels(labels, 100)
    assert small.dtype == np.uint16
    assert np.unique(small).tolist() == [0, 40000]


def test_nearest_by_hand():
    labels = np.array([[1, 2], [3, 4]], np.uint8)
    assert nearest(labels, 4, 2).tolist() == [[1, 2], [1, 2], [3, 4], [3, 4]]
    assert nearest(labels, 1, 1).tolist() == [[4]]
