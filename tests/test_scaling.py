"""Scaling to 8 bits and thumbnails."""

import numpy as np
import pytest

from cellseg.images import scaling
from cellseg.images.image import Image
from cellseg.images.scaling import (
    ContrastStretch,
    nearest,
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
    stretch = ContrastStretch.of(image, low, high)
    np.testing.assert_array_equal(stretch.rgb8(), truth)
    window = (slice(5, 60), slice(11, 70, 2))
    np.testing.assert_array_equal(stretch.rgb8(*window), truth[window])
    grey = ContrastStretch.of(Image(pixels[..., 1], "YX"), low, high)
    np.testing.assert_array_equal(grey.rgb8(*window)[..., 2], truth[window][..., 1])


def ramps(*tops, dtype=np.uint8):
    """An image of one row whose channels rise from 0 to their tops."""
    steps = np.linspace(0, 1, 101)[np.newaxis, :, np.newaxis]
    return Image(np.round(steps * np.array(tops)).astype(dtype), "YXC")


def filled(image):
    return ContrastStretch.of(image, 0, 100).with_filled_channels()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("colour", [(0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 0)])
def test_one_colour_alone_becomes_grey(colour, dtype):
    rgb8 = filled(ramps(*(200 * share for share in colour), dtype=dtype)).rgb8()
    grey = ContrastStretch.of(
        Image(ramps(200, 0, 0, dtype=dtype).pixels[..., 0], "YX"), 0, 100
    ).rgb8()
    np.testing.assert_array_equal(rgb8, grey)
    window = (slice(0, 1), slice(20, 80, 3))
    again = filled(ramps(*(200 * share for share in colour), dtype=dtype))
    np.testing.assert_array_equal(again.rgb8(*window), grey[window])


def test_shadows_in_a_channel_are_filled_and_what_is_more_stays_to_be_seen():
    image = ramps(5, 200, 0)
    image.pixels[0, 0] = (20, 0, 0)  # a spot in red alone, 20 of at least 25
    rgb8 = filled(image).rgb8()
    np.testing.assert_array_equal(rgb8[0, 1:], np.repeat(rgb8[0, 1:, 1:2], 3, axis=1))
    assert rgb8[0, 0].tolist() == [204, 0, 204]


@pytest.mark.parametrize(
    "image",
    [
        ramps(100, 150, 200),
        ramps(25, 200, 200),  # an eighth
        ramps(30, 4000, 4000, dtype=np.uint16),  # a channel of its own exposure
        ramps(0, 0, 0),
        Image(ramps(200, 0, 0).pixels[..., 0], "YX"),
    ],
)
def test_channels_with_a_picture_stay_as_they_are(image):
    stretch = ContrastStretch.of(image, 0, 100)
    assert stretch.with_filled_channels() is stretch
    np.testing.assert_array_equal(stretch.with_filled_channels().rgb8(), stretch.rgb8())


def test_a_channel_that_is_bright_all_over_is_filled():
    image = ramps(20, 10, 0)
    image.pixels[..., 2] = 255
    rgb8 = filled(image).rgb8()
    np.testing.assert_array_equal(rgb8[..., 2], rgb8[..., :2].max(axis=2))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_percentiles_of_few_and_equal_integers_are_those_of_numpy(dtype):
    rng = np.random.default_rng(0)
    for size in (1, 2, 3, 10, 101):
        for most in (2, 10, np.iinfo(dtype).max):
            pixels = rng.integers(0, most, (1, size), dtype=dtype)
            image = Image(pixels, "YX")
            for low, high in ((1.0, 99.8), (0.0, 100.0), (49.0, 50.5)):
                ((bottom, top),) = ContrastStretch.of(image, low, high).ranges
                ends = tuple(np.percentile(pixels, (low, high)))
                if ends[0] == ends[1]:
                    ends = (pixels.min(), pixels.max())
                assert (bottom, top) == ends


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
