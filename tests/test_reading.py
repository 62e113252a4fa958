"""Reading images and masks: every defined form, and one sentence for everything else."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from imagecodecs import png_encode
from PIL import Image as pillow

from cellseg.errors import CellsegError
from cellseg.images.reading import EXTENSIONS, read_image, read_mask

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)
COLOUR = np.stack([GREY, GREY + 50, GREY + 100], axis=-1)
DEEP = (GREY.astype(np.uint16) + 1) * 1000


def png_header(width, height):
    """Write the first bytes of an 8-bit grey PNG that claims this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = b""
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")):
        chunks += struct.pack(">I", len(body)) + kind + body
        chunks += struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunks


def save(path, picture, **options):
    picture.save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
@pytest.mark.parametrize(("array", "axes"), [(GREY, "YX"), (COLOUR, "YXC")])
def test_eight_bits_are_kept(tmp_path, suffix, array, axes):
    image = read_image(save(tmp_path / f"a{suffix}", pillow.fromarray(array)))
    assert image.axes == axes
    assert image.bits == "uint8"
    assert (image.height, image.width, image.channels) == (3, 4, 1 if axes == "YX" else 3)
    np.testing.assert_array_equal(image.pixels, array)


def test_jpeg_is_turned_as_exif_says(tmp_path):
    picture = np.zeros((16, 32), np.uint8)
    picture[:, 16:] = 255
    exif = pillow.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    path = save(tmp_path / "a.jpg", pillow.fromarray(picture), exif=exif, quality=95)
    image = read_image(path)
    assert image.pixels.shape == (32, 16)
    assert image.pixels[:14].max() < 40
    assert image.pixels[18:].min() > 215


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_kept(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    save(path, pillow.fromarray(DEEP))
    image = read_image(path)
    assert image.bits == "uint16"
    np.testing.assert_array_equal(image.pixels, DEEP)


@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bit_colour_png_is_not_cut_to_eight(tmp_path, channels):
    deep = np.stack([DEEP + c for c in range(channels)], axis=-1)
    path = tmp_path / "a.png"
    path.write_bytes(png_encode(deep))
    image = read_image(path)
    assert image.bits == "uint16"
    np.testing.assert_array_equal(image.pixels, deep[..., :3])


def test_sixteen_bit_grey_png_with_transparency(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png_encode(np.stack([DEEP, DEEP + 7], axis=-1)))
    np.testing.assert_array_equal(read_image(path).pixels, DEEP)


def test_transparency_is_dropped(tmp_path):
    alpha = np.full((3, 4, 1), 7, np.uint8)
    colour = pillow.fromarray(np.concatenate([COLOUR, alpha], axis=2))
    np.testing.assert_array_equal(read_image(save(tmp_path / "a.png", colour)).pixels, COLOUR)
    np.testing.assert_array_equal(read_image(save(tmp_path / "a.tif", colour)).pixels, COLOUR)
    grey = pillow.merge("LA", [pillow.fromarray(GREY), pillow.fromarray(alpha[..., 0])])
    np.testing.assert_array_equal(read_image(save(tmp_path / "b.png", grey)).pixels, GREY)
    np.testing.assert_array_equal(read_image(save(tmp_path / "b.tif", grey)).pixels, GREY)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_palette_is_colour_for_images_and_indices_for_masks(tmp_path, suffix):
    indices = np.array([[0, 1], [2, 1]], np.uint8)
    picture = pillow.fromarray(indices, mode=None).convert("L")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    path = save(tmp_path / f"a{suffix}", picture)
    assert read_image(path).pixels.tolist() == [
        [[0, 0, 0], [255, 0, 0]],
        [[0, 0, 255], [255, 0, 0]],
    ]
    np.testing.assert_array_equal(read_mask(path), indices)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_one_bit_becomes_0_and_255(tmp_path, suffix):
    path = save(tmp_path / f"a{suffix}", pillow.fromarray(GREY > 5).convert("1"))
    expected = np.where(GREY > 5, 255, 0)
    np.testing.assert_array_equal(read_image(path).pixels, expected)
    mask = read_mask(path)
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, expected)


def test_cmyk_becomes_rgb(tmp_path):
    ink = np.zeros((2, 2, 4), np.uint8)
    ink[0, 0] = (0, 255, 255, 0)  # red
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ink, photometric="separated")
    assert read_image(path).pixels[0].tolist() == [[255, 0, 0], [255, 255, 255]]


def test_white_is_zero_is_turned_for_images_only(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, photometric="miniswhite")
    np.testing.assert_array_equal(read_image(path).pixels, 255 - GREY)
    np.testing.assert_array_equal(read_mask(path), GREY)


def test_planar_colour_tiff(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.moveaxis(COLOUR, -1, 0), photometric="rgb", planarconfig="separate", metadata=None
    )
    np.testing.assert_array_equal(read_image(path).pixels, COLOUR)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (2, 3), (2, 4)])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_small_and_thin_pictures(tmp_path, shape, suffix):
    array = np.full(shape, 9, np.uint8)
    path = save(tmp_path / f"a{suffix}", pillow.fromarray(array))
    np.testing.assert_array_equal(read_image(path).pixels, array)
    np.testing.assert_array_equal(read_mask(path), array)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (np.array([[0, 70000]], np.int32), np.array([[0, 70000]], np.float32)),
        (np.array([[0, 60000]], np.int32), np.array([[0, 60000]], np.uint16)),
        (np.array([[-3, 4]], np.int16), np.array([[-3, 4]], np.float32)),
        (np.array([[0.25, np.nan, np.inf]]), np.array([[0.25, 0.25, 0.25]], np.float32)),
        (np.array([[1e300, 0.5]]), np.array([[np.finfo(np.float32).max, 0.5]], np.float32)),
        (np.array([[np.nan, np.nan]], np.float16), np.zeros((1, 2), np.float32)),
        (np.array([[1, 2]], ">u2"), np.array([[1, 2]], np.uint16)),
    ],
)
def test_other_dtypes_have_a_defined_form(tmp_path, stored, read):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stored, photometric="minisblack", byteorder=">")
    image = read_image(path)
    assert image.pixels.dtype == read.dtype
    np.testing.assert_array_equal(image.pixels, read)


@pytest.mark.parametrize(
    ("stored", "dtype"),
    [
        (np.array([[0, 3]], np.uint16), np.uint16),
        (np.array([[0, 70000]], np.uint32), np.uint32),
        (np.array([[0, 70000]], np.int64), np.uint32),
        (np.array([[0.0, 3.0]], np.float32), np.uint16),
    ],
)
def test_mask_values_are_whole_numbers(tmp_path, stored, dtype):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stored, photometric="minisblack")
    mask = read_mask(path)
    assert mask.dtype == dtype
    np.testing.assert_array_equal(mask, stored)


def test_mask_of_equal_channels_is_grey(tmp_path):
    path = save(tmp_path / "a.png", pillow.fromarray(np.stack([GREY] * 3, axis=-1)))
    np.testing.assert_array_equal(read_mask(path), GREY)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (COLOUR, r"is a colour \(RGB\) image"),
        (np.array([[0.0, 0.37]], np.float32), "values such as 0.37"),
        (np.array([[0.0, np.nan]], np.float32), "values such as nan"),
        (np.array([[-1, 2]], np.int16), "values from -1 to 2"),
        (np.array([[0, 2**40]], np.int64), "to 2147483647"),
        (np.array([[0, 2**31]], np.uint32), "to 2147483647"),
    ],
)
def test_what_is_no_mask_is_refused(tmp_path, array, words):
    path = tmp_path / "cell 1.tif"
    tifffile.imwrite(path, array, photometric="rgb" if array.ndim == 3 else "minisblack")
    with pytest.raises(CellsegError, match=words) as caught:
        read_mask(path)
    assert "cell 1.tif" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"x,y\n1,2\n", "contains text, not an image"),
        (b"\1\2\3", "is not in a known image format"),
        (b"\x89PNG\r\n\x1a\nrest", "is damaged"),
        (b"II*\0" + b"\0" * 4, "is damaged"),
        (b"BM", "is damaged"),
        (b"\xff\xd8\xff\xe0", "is damaged"),
        (png_header(20_000, 20_000), "400 megapixels; cellseg reads at most 100"),
        (png_header(40, 40), "is damaged"),
    ],
)
@pytest.mark.parametrize("read", [read_image, read_mask])
def test_what_is_no_image_is_refused_in_one_sentence(tmp_path, content, words, read):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(CellsegError, match=words) as caught:
        read(path, "übersicht/zelle 1.png")
    assert str(caught.value).startswith("übersicht/zelle 1.png ")
    assert "\n" not in str(caught.value)


def test_header_of_a_huge_tiff_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((64, 64), np.uint8), photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+") as file:
        for tag in ("ImageWidth", "ImageLength"):
            file.pages[0].tags[tag].overwrite(20_000)
    with pytest.raises(CellsegError, match="400 megapixels"):
        read_image(path)


def test_size_just_below_the_limit_gives_no_warning(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png_header(10_000, 9_990))
    with pytest.raises(CellsegError, match="is damaged"):  # and not: too large
        read_image(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif"])
def test_truncated_file_is_refused(tmp_path, suffix):
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    pillow.fromarray(noise).save(buffer, format=pillow.registered_extensions()[suffix])
    path = tmp_path / f"a{suffix}"
    path.write_bytes(buffer.getvalue()[: buffer.tell() // 2])
    with pytest.raises(CellsegError, match="is damaged"):
        read_image(path)


def test_missing_file(tmp_path):
    with pytest.raises(CellsegError, match=r"a\.png does not exist"):
        read_image(tmp_path / "a.png")


def test_extensions_are_lower_case_suffixes():
    assert {suffix.lower() for suffix in EXTENSIONS} == EXTENSIONS
    assert all(suffix.startswith(".") for suffix in EXTENSIONS)
