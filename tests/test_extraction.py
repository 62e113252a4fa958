"""From stacks drawn by hand to the images and masks that a choice makes of them."""

import numpy as np
import pytest

from cellseg.errors import CellsegError
from cellseg.images.example import ChoiceNeeded
from cellseg.images.extraction import images, masks
from cellseg.images.scaling import to_rgb8
from cellseg.images.stack import Stack
from cellseg.images.view import View

RED = np.array([[1, 2], [3, 4]], np.uint8)
GREEN = RED + 10
BLUE = RED + 20
FAR = RED + 30


def one(stack, view=None):
    ((suffix, image),) = images(stack, view or View())
    assert suffix == ""
    return image


def stack(planes, axes, **more):
    return Stack("a.tif", np.array(planes), axes, **more)


def test_a_picture_is_itself():
    image = one(stack(RED, "YX", pixel_size_um=0.5, channel_names=("DAPI",)))
    assert (image.axes, image.channel_names, image.pixel_size_um) == ("YX", ("DAPI",), 0.5)
    np.testing.assert_array_equal(image.pixels, RED)


def test_two_channels_are_red_and_green():
    image = one(stack([RED, GREEN], "CYX"))
    assert image.axes == "YXC"
    np.testing.assert_array_equal(image.pixels[..., 0], RED)
    np.testing.assert_array_equal(image.pixels[..., 1], GREEN)
    assert not image.pixels[..., 2].any()


def test_channels_are_chosen_with_their_names():
    file = stack([RED, GREEN, BLUE, FAR], "CYX", channel_names=tuple("abcd"))
    image = one(file, View(channels=(3, 0, 1)))
    np.testing.assert_array_equal(image.pixels, np.stack([FAR, RED, GREEN], axis=-1))
    assert image.channel_names == ("d", "a", "b")
    grey = one(file, View(channels=(2,)))
    assert (grey.axes, grey.channel_names) == ("YX", ("c",))
    np.testing.assert_array_equal(grey.pixels, BLUE)
    dark = one(file, View(channels=(None, 1, None)))
    assert dark.channel_names == ("none", "b", "none")
    assert not dark.pixels[..., [0, 2]].any()


def test_the_channels_of_a_colour_picture_are_chosen_too():
    colour = stack(np.stack([RED, GREEN, BLUE], axis=-1), "YXC")
    np.testing.assert_array_equal(one(colour).pixels, colour.pixels)
    np.testing.assert_array_equal(one(colour, View(channels=(1,))).pixels, GREEN)


def test_planes_are_projected_or_chosen():
    file = stack([[[1, 9]], [[5, 2]], [[4, 4]]], "ZYX")
    np.testing.assert_array_equal(one(file).pixels, [[5, 9]])
    np.testing.assert_array_equal(one(file, View(plane=1)).pixels, [[5, 2]])


def test_a_mean_of_whole_numbers_is_rounded_and_keeps_its_depth():
    file = stack(np.array([[[1, 9]], [[5, 2]], [[4, 4]]], np.uint16), "ZYX")
    image = one(file, View(projection="mean"))
    assert image.bits == "uint16"
    np.testing.assert_array_equal(image.pixels, [[3, 5]])
    bright = stack(np.full((300, 1, 2), 65535, np.uint16), "ZYX")
    assert one(bright, View(projection="mean")).pixels.tolist() == [[65535, 65535]]
    real = stack(np.array([[[0.5, 1.0]], [[1.0, 1.5]]], np.float32), "ZYX")
    np.testing.assert_array_equal(one(real, View(projection="mean")).pixels, [[0.75, 1.25]])


def test_each_plane_and_time_point():
    file = stack(np.arange(24).reshape(2, 3, 2, 2).astype(np.uint8), "TZYX")
    made = dict(images(file, View(expand=True)))
    assert list(made) == [f"_t0{t}_z0{z}" for t in range(2) for z in range(3)]
    np.testing.assert_array_equal(made["_t01_z02"].pixels, file.pixels[1, 2])
    later = [suffix for suffix, _ in images(file, View(expand=True), first=4)]
    assert later == ["_t01_z01", "_t01_z02"]


def test_axes_as_a_person_says():
    planes = np.arange(24).reshape(2, 3, 4).astype(np.uint8)
    with pytest.raises(ChoiceNeeded):
        one(stack(planes, "?YX"))
    np.testing.assert_array_equal(
        one(stack(planes, "?YX"), View(axes="TYX", time=1)).pixels, planes[1]
    )
    image = one(stack(planes, "???"), View(axes="YXZ", plane=3))
    np.testing.assert_array_equal(image.pixels, planes[:, :, 3])
    colour = one(stack(planes, "???"), View(axes="YCX", channels=(2, 1, 0)))
    np.testing.assert_array_equal(colour.pixels[..., 0], planes[:, 2])


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (np.array([[-5, 3]], np.int16), np.array([[-5, 3]], np.float32)),
        (np.array([[5, 300]], np.int64), np.array([[5, 300]], np.uint16)),
        (np.array([[0, 70000]], np.uint32), np.array([[0, 70000]], np.float32)),
        (np.array([[np.nan, -2.5]]), np.array([[-2.5, -2.5]], np.float32)),
        (np.array([[np.inf, 1.0]], np.float16), np.array([[1.0, 1.0]], np.float32)),
        (np.array([[True, False]]), np.array([[255, 0]], np.uint8)),
    ],
)
def test_values_have_a_defined_form(stored, read):
    image = one(stack(stored, "YX"))
    assert image.pixels.dtype == read.dtype
    np.testing.assert_array_equal(image.pixels, read)


def test_values_that_are_not_finite_never_win_a_projection():
    planes = np.array([[[np.nan, 1.0]], [[2.0, np.inf]]], np.float32)
    np.testing.assert_array_equal(one(stack(planes, "ZYX")).pixels, [[2.0, 2.0]])


def test_float_and_deep_images_are_scaled_not_cut():
    ramp = np.linspace(-1.0, 1.0, 1001, dtype=np.float32).reshape(7, 143)
    rgb = to_rgb8(one(stack(ramp, "YX")), 0, 100)
    assert (int(rgb[0, 0, 0]), int(rgb[-1, -1, 0])) == (0, 255)
    assert int(rgb[3, 71, 0]) in (127, 128)
    deep = to_rgb8(one(stack(np.array([[1000, 3000, 5000]], np.uint16), "YX")), 0, 100)
    assert deep[0, :, 0].tolist() == [0, 128, 255]


def test_complex_numbers_are_refused():
    with pytest.raises(CellsegError, match="complex64 values"):
        one(stack(np.zeros((2, 2), np.complex64), "YX"))


def test_palette_and_white_is_zero():
    palette = np.array([[0, 0, 0], [9, 8, 7]], np.uint8)
    file = stack([[[0, 1]], [[1, 1]]], "ZYX", palette=palette)
    np.testing.assert_array_equal(one(file, View(plane=0)).pixels, [[[0, 0, 0], [9, 8, 7]]])
    ((_, mask),) = masks(file, View(plane=0))
    assert mask.tolist() == [[0, 1]]
    inverted = one(stack(RED, "YX", dark_is_high=True))
    np.testing.assert_array_equal(inverted.pixels, 255 - RED)


def one_mask(file, view=None):
    ((suffix, mask),) = masks(file, view or View())
    assert suffix == ""
    return mask


def test_masks_follow_the_choice_of_their_images():
    labels = np.array([[[1, 0]], [[0, 2]], [[3, 0]]], np.uint16)
    file = stack(labels, "ZYX")
    assert one_mask(file).tolist() == [[3, 2]]
    assert one_mask(file, View(projection="mean")).tolist() == [[3, 2]]
    assert one_mask(file, View(plane=1)).tolist() == [[0, 2]]
    each = dict(masks(file, View(expand=True)))
    assert each["_z02"].tolist() == [[3, 0]]


def test_a_flat_mask_serves_whatever_plane_is_chosen():
    flat = stack(np.array([[0, 7]], np.uint16), "YX")
    for view in (View(plane=3), View(time=2, channels=(1,)), View(projection="mean")):
        assert one_mask(flat, view).tolist() == [[0, 7]]


def test_pages_of_a_mask_are_what_the_choice_asks_for():
    pages = stack(np.array([[[1, 0]], [[0, 2]]], np.uint8), "?YX")
    assert one_mask(pages, View(plane=1)).tolist() == [[0, 2]]
    assert one_mask(pages, View(time=1)).tolist() == [[0, 2]]
    assert one_mask(pages, View(axes="ZCYX", projection="max")).tolist() == [[1, 2]]
    assert [mask.tolist() for _, mask in masks(pages, View(expand=True))] == [[[1, 0]], [[0, 2]]]


def test_colours_in_a_mask_are_refused_and_equal_ones_are_grey():
    equal = stack(np.stack([RED, RED, RED], axis=-1), "YXC")
    np.testing.assert_array_equal(one_mask(equal), RED)
    with pytest.raises(CellsegError, match=r"colour \(RGB\) image"):
        one_mask(stack(np.stack([RED, GREEN, RED], axis=-1), "YXC"))
    with pytest.raises(CellsegError, match=r"colour \(RGB\) image"):
        one_mask(stack([RED, GREEN], "CYX"))
