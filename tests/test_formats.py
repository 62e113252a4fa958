"""Files of every format: hand-made ones, and real ones against the library behind each format."""

import io
import struct
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image as pillow

from cellseg.errors import CellsegError
from cellseg.images.calibration import clean_names, of_ome, square_pixel_size
from cellseg.images.example import ChoiceNeeded
from cellseg.images.reading import (
    describe,
    opened,
    planes,
    read_image,
    read_images,
    read_mask,
)
from cellseg.images.view import View

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)
PLANES = np.arange(5 * 6 * 7, dtype=np.uint16).reshape(5, 6, 7)


def tiff(path, array, **options):
    options.setdefault("photometric", "minisblack")
    tifffile.imwrite(path, array, **options)
    return path


# --- TIFF: dtypes, compressions, tiles --------------------------------------------------------


@pytest.mark.parametrize("dtype", "u1 u2 u4 i1 i2 i4 f2 f4 f8".split())
@pytest.mark.parametrize("byteorder", "<>")
def test_every_dtype(tmp_path, dtype, byteorder):
    array = np.arange(12).reshape(3, 4).astype(dtype)
    path = tiff(tmp_path / "a.tif", array, byteorder=byteorder)
    assert describe(path).dtype == np.dtype(dtype).name
    np.testing.assert_array_equal(read_image(path).pixels, array)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd", "packbits", "lzma"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("tile", [None, (16, 32)])
def test_every_lossless_compression(tmp_path, compression, dtype, tile):
    array = np.random.default_rng(0).integers(0, 200, (50, 70)).astype(dtype)
    options = {"predictor": True} if compression in ("lzw", "zlib") and dtype != "f4" else {}
    path = tiff(tmp_path / "a.tif", array, compression=compression, tile=tile, **options)
    np.testing.assert_array_equal(read_image(path).pixels, array)


@pytest.mark.parametrize("colour", [False, True])
def test_jpeg_in_tiff(tmp_path, colour):
    ramp = np.broadcast_to(np.arange(0, 192, 3, dtype=np.uint8), (48, 64))
    array = np.stack([ramp, ramp, ramp], axis=-1) if colour else ramp
    path = tiff(
        tmp_path / "a.tif",
        array,
        compression="jpeg",
        compressionargs={"level": 95},
        photometric="rgb" if colour else "minisblack",
        tile=(16, 16),
    )
    read = read_image(path).pixels
    assert read.shape == array.shape
    assert np.abs(read.astype(int) - array).max() < 12


def test_tiles_beyond_the_limit_of_whole_files(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLSEG_MAX_PIXELS", "2000")
    array = np.random.default_rng(0).integers(0, 200, (64, 64), np.uint8)
    tiled = tiff(tmp_path / "tiled.tif", array, tile=(32, 32))
    np.testing.assert_array_equal(read_image(tiled).pixels, array)
    strips = tiff(tmp_path / "strips.tif", array, rowsperstrip=16)
    np.testing.assert_array_equal(read_image(strips).pixels, array)
    whole = tiff(tmp_path / "whole.tif", array, rowsperstrip=64)
    with pytest.raises(CellsegError, match=r"64 × 64 pixels.*tiled TIFF"):
        read_image(whole)


def test_more_memory_than_there_is_is_refused(tmp_path):
    path = tiff(tmp_path / "a.tif", np.zeros((64, 64), np.uint8), tile=(16, 16))
    with tifffile.TiffFile(path, mode="r+") as file:
        tags = file.pages[0].tags
        tags["ImageWidth"].overwrite(4 * 2**24)
        tags["ImageLength"].overwrite(4 * 2**24)
        tags["TileWidth"].overwrite(2**25)
        tags["TileLength"].overwrite(2**25)
    with pytest.raises(CellsegError):
        read_image(path)


# --- TIFF: pages and what they mean -----------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "options", "axes"),
    [
        (PLANES, {"metadata": None}, "?YX"),
        (PLANES, {}, "?YX"),
        (PLANES, {"metadata": {"axes": "ZYX"}}, "ZYX"),
        (PLANES, {"imagej": True, "metadata": {"axes": "ZYX"}}, "ZYX"),
        (PLANES, {"imagej": True, "metadata": {"axes": "TYX"}}, "TYX"),
        (PLANES, {"ome": True, "metadata": {"axes": "CYX"}}, "CYX"),
        (PLANES.reshape(5, 3, 2, 7), {}, "??YX"),
    ],
)
def test_axes_of_pages(tmp_path, array, options, axes):
    path = tiff(tmp_path / "a.tif", array, **options)
    found = describe(path)
    assert (found.axes, found.shape, found.dtype) == (axes, array.shape, "uint16")


@pytest.mark.parametrize("kind", [{"imagej": True}, {"ome": True}])
def test_a_hyperstack(tmp_path, kind):
    array = np.arange(2 * 3 * 2 * 4 * 5, dtype=np.uint16).reshape(2, 3, 2, 4, 5)
    path = tiff(tmp_path / "a.tif", array, metadata={"axes": "TZCYX"}, **kind)
    found = describe(path)
    assert (found.axes, found.shape) == ("TZCYX", array.shape)
    image = read_image(path, view=View(time=1, plane=2, channels=(1, 0, None)))
    np.testing.assert_array_equal(image.pixels[..., 0], array[1, 2, 1])
    np.testing.assert_array_equal(image.pixels[..., 1], array[1, 2, 0])
    np.testing.assert_array_equal(
        read_image(path, view=View(channels=(0,))).pixels, array[0, :, 0].max(axis=0)
    )


def test_pages_written_by_others(tmp_path):
    pictures = [pillow.fromarray(GREY + number) for number in range(4)]
    path = tmp_path / "a.tif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:])
    assert planes(path) == 4
    with pytest.raises(ChoiceNeeded, match=r"a\.tif holds 4 pages"):
        read_image(path)
    made = read_images(path, view=View(expand=True))
    assert [suffix for suffix, _ in made] == ["_n00", "_n01", "_n02", "_n03"]
    np.testing.assert_array_equal(made[3][1].pixels, GREY + 3)


def test_only_the_page_that_is_asked_for_is_decoded(tmp_path):
    path = tiff(tmp_path / "a.tif", PLANES, metadata={"axes": "ZYX"}, compression="zlib")
    with tifffile.TiffFile(path) as file:
        offset = file.pages[4].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[offset : offset + 8] = b"\xff" * 8
    path.write_bytes(content)
    np.testing.assert_array_equal(read_image(path, view=View(plane=1)).pixels, PLANES[1])
    with pytest.raises(CellsegError, match="is damaged"):
        read_image(path, view=View(plane=4))


def test_a_stack_with_one_header_for_all_pages(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PLANES, imagej=True, metadata={"axes": "ZYX"})
    one_header = tmp_path / "b.tif"
    tifffile.imwrite(one_header, PLANES, photometric="minisblack", truncate=True)
    made = read_images(one_header, view=View(axes="ZYX", expand=True))
    np.testing.assert_array_equal(np.stack([image.pixels for _, image in made]), PLANES)


def test_colour_pages(tmp_path):
    colour = np.arange(4 * 5 * 6 * 3, dtype=np.uint8).reshape(4, 5, 6, 3)
    path = tiff(tmp_path / "a.tif", colour, photometric="rgb", metadata={"axes": "ZYXS"})
    assert describe(path).axes == "ZYXC"
    np.testing.assert_array_equal(read_image(path, view=View(plane=2)).pixels, colour[2])
    split = tiff(
        tmp_path / "b.tif",
        np.moveaxis(colour, -1, 1),
        photometric="rgb",
        planarconfig="separate",
        metadata=None,
    )
    made = read_images(split, view=View(expand=True))
    np.testing.assert_array_equal(made[3][1].pixels, colour[3])


@pytest.mark.parametrize("channels", [2, 5, 7])
def test_samples_that_are_no_colours_are_channels(tmp_path, channels):
    array = np.arange(8 * 9 * channels, dtype=np.uint8).reshape(8, 9, channels)
    path = tiff(tmp_path / "a.tif", array, planarconfig="contig")
    assert describe(path).channels == channels
    image = read_image(path, view=View(channels=(channels - 1,)))
    np.testing.assert_array_equal(image.pixels, array[..., -1])


def test_images_of_an_ome_file_are_positions(tmp_path):
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for number in range(3):
            writer.write(PLANES + number, photometric="minisblack", metadata={"axes": "ZYX"})
    assert describe(path).axes == "PZYX"
    image = read_image(path, view=View(position=2, plane=4))
    np.testing.assert_array_equal(image.pixels, PLANES[4] + 2)


def test_a_planes_in_one_page(tmp_path):
    array = np.arange(6 * 32 * 48, dtype=np.uint16).reshape(6, 32, 48)
    path = tiff(tmp_path / "a.tif", array, volumetric=True, tile=(2, 16, 16))
    assert describe(path).axes == "ZYX"
    np.testing.assert_array_equal(read_image(path, view=View(plane=5)).pixels, array[5])


def test_small_copies_of_a_picture_are_left_out(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.full((64, 64), 7, np.uint8), photometric="minisblack")
        writer.write(np.zeros((32, 32), np.uint8), photometric="minisblack", subfiletype=1)
    np.testing.assert_array_equal(read_image(path).pixels, np.full((64, 64), 7))


def test_pages_that_differ_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.zeros((8, 9), np.uint8), photometric="minisblack", metadata=None)
        writer.write(np.zeros((6, 9), np.uint8), photometric="minisblack", metadata=None)
    with pytest.raises(CellsegError, match=r"2 pages that differ.*9 × 6, 9 × 8"):
        read_image(path)


def test_an_ome_file_never_opens_another_one(tmp_path):
    other = tiff(tmp_path / "secret.tif", GREY + 100, metadata=None)
    path = tiff(tmp_path / "a.ome.tif", GREY, ome=True, metadata={"axes": "YX"})
    content = path.read_bytes().replace(
        b'<TiffData IFD="0" PlaneCount="1"/>', b"<TiffData/>                       "
    )
    assert content != path.read_bytes()
    path.write_bytes(content)
    with opened(path) as stack:
        assert stack.pixels.shape == GREY.shape
    assert other.exists()


# --- names and sizes --------------------------------------------------------------------------


def test_calibration_of_ome_and_imagej(tmp_path):
    ome = tiff(
        tmp_path / "a.ome.tif",
        PLANES[:2],
        ome=True,
        metadata={
            "axes": "CYX",
            "PhysicalSizeX": 250,
            "PhysicalSizeXUnit": "nm",
            "PhysicalSizeY": 250,
            "PhysicalSizeYUnit": "nm",
            "Channel": {"Name": ["DAPI", "GFP"]},
        },
    )
    found = describe(ome)
    assert found.channel_names == ("DAPI", "GFP")
    assert found.pixel_size_um == pytest.approx(0.25)
    imagej = tiff(
        tmp_path / "b.tif",
        PLANES[:2],
        imagej=True,
        resolution=(4.0, 4.0),
        metadata={"axes": "CYX", "unit": "um", "Labels": ["a", "b"]},
    )
    found = describe(imagej)
    assert found.channel_names == ("a", "b")
    assert found.pixel_size_um == pytest.approx(0.25)
    plain = tiff(tmp_path / "c.tif", GREY, resolution=(72, 72))
    assert describe(plain).pixel_size_um is None


@pytest.mark.parametrize(
    ("width", "height", "side"),
    [(0.5, 0.5, 0.5), (0.5, 0.504, 0.5), (0.5, 0.6, None), (0, 0, None)],
)
def test_only_square_pixels_have_a_side(width, height, side):
    assert square_pixel_size(width, height) == side


def test_metadata_that_are_no_xml_say_nothing():
    assert of_ome("<OME") == ((), None)
    assert of_ome("<OME/>") == ((), None)
    assert clean_names(["a", None]) == ()
    assert clean_names([" a\n b "]) == ("a b",)


# --- other formats ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA", "CMYK"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tif"])
def test_modes_of_pictures(tmp_path, mode, suffix):
    picture = pillow.fromarray(np.full((16, 24), 130, np.uint8)).convert(mode)
    path = tmp_path / f"a{suffix}"
    try:
        picture.save(path)
    except (OSError, KeyError):
        pytest.skip(f"{suffix} has no {mode}")
    found = describe(path)
    image = read_image(path)
    assert (found.height, found.width) == (16, 24) == image.pixels.shape[:2]
    assert (found.channels == 3) == (image.axes == "YXC")


def test_webp(tmp_path):
    colour = np.stack([GREY, GREY + 50, GREY + 100], axis=-1)
    path = tmp_path / "a.webp"
    pillow.fromarray(colour).save(path, lossless=True)
    np.testing.assert_array_equal(read_image(path).pixels, colour)
    sound = tmp_path / "b.webp"
    sound.write_bytes(b"RIFF" + struct.pack("<I", 4) + b"WAVE" + b"\0" * 40)
    with pytest.raises(CellsegError, match="RIFF, but not WebP"):
        read_image(sound)


def save(path, array):
    np.save(path, array)
    return path


def test_arrays(tmp_path):
    np.testing.assert_array_equal(read_image(save(tmp_path / "a.npy", GREY)).pixels, GREY)
    colour = np.zeros((8, 9, 3), np.uint8)
    assert describe(save(tmp_path / "b.npy", colour)).colour
    stack = save(tmp_path / "c.npy", PLANES)
    assert describe(stack).axes == "???"
    with pytest.raises(ChoiceNeeded, match=r"an array of 5 × 6 × 7"):
        read_image(stack)
    image = read_image(stack, view=View(axes="ZYX", plane=3))
    np.testing.assert_array_equal(image.pixels, PLANES[3])
    np.savez(tmp_path / "d.npz", image=GREY)
    np.testing.assert_array_equal(read_image(tmp_path / "d.npz").pixels, GREY)
    mask = save(tmp_path / "e.npy", GREY > 5)
    assert set(np.unique(read_mask(mask))) == {0, 255}


def test_arrays_that_are_no_image(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"masks": 1}]), allow_pickle=True)
    np.save(tmp_path / "b.npy", np.zeros(5))
    np.save(tmp_path / "c.npy", np.zeros((4, 4), np.complex64))
    np.savez(tmp_path / "d.npz", X=GREY, y=GREY)
    np.savez(tmp_path / "e.npz", a=np.array([None]))
    for name, words in (
        ("a.npy", "Python objects"),
        ("b.npy", r"shape \(5,\)"),
        ("c.npy", "complex64 values"),
        ("d.npz", r"2 arrays \(X, y\)"),
        ("e.npz", "Python objects"),
    ):
        with pytest.raises(CellsegError, match=words):
            describe(tmp_path / name)


def test_an_npz_that_claims_to_be_huge(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (200_000, 200_000)}
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", header.getvalue())
    with pytest.raises(CellsegError, match=r"megapixels|memory"):
        describe(tmp_path / "a.npz")


# --- real files -------------------------------------------------------------------------------

REAL = [
    ("16b_1c_fluorescence.tif", "YX", (384, 384), "uint16", (), None),
    ("8b_2c_actin-nuclei.tif", "CYX", (2, 450, 450), "uint8", (), None),
    (
        "8b_rgb_stack_FluorescentCells.tif",
        "CYX",
        (3, 512, 512),
        "uint8",
        ("Red", "Green", "Blue"),
        None,
    ),
    ("CH1_16bit.tif", "YX", (408, 406), "uint16", (), None),
    (
        "CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD.czi",
        "TZYX",
        (3, 6, 200, 300),
        "uint16",
        ("LED555",),
        0.09057667415221031,
    ),
    ("DAPI_GFP.czi", "CYX", (2, 640, 640), "uint8", (), None),
    ("FOV7_HV110_P0500510000.ome.tiff", "YX", (512, 512), "uint8", (), None),
    ("HE_example.tif", "YXC", (1484, 1380, 3), "uint8", (), 0.5000799214486333),
    (
        "cluster.nd2",
        "TZCYX",
        (3, 10, 2, 31, 38),
        "uint16",
        ("5-FAM/pH 9.0", "FM 4-64/2% CHAPS"),
        0.16780898323268245,
    ),
    ("tiff_stack.tif", "ZYX", (5, 512, 512), "uint16", (), None),
]


def by_its_library(path):
    """All pixels of a real file as the library of its format gives them, in our order of axes."""
    if path.suffix == ".nd2":
        import nd2

        return nd2.imread(path)
    if path.suffix == ".czi":
        from pylibCZIrw import czi

        with czi.open_czi(str(path)) as file:
            box = file.total_bounding_box
            every = [
                file.read(plane={"T": t, "Z": z, "C": c})[..., 0]
                for t in range(*box["T"])
                for z in range(*box["Z"])
                for c in range(*box["C"])
            ]
        return np.stack(every)
    with tifffile.TiffFile(path) as file:
        # Page by page: tifffile takes the pages of 8b_2c_actin-nuclei.tif for contiguous as a
        # series, which they are not.
        return np.stack([page.asarray() for page in file.pages])


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "axes", "shape", "dtype", "names", "size"), REAL)
def test_real_files(real_data, name, axes, shape, dtype, names, size):
    path = real_data / "formats" / name
    found = describe(path)
    assert (found.axes, found.shape, found.dtype) == (axes, shape, dtype)
    assert found.channel_names == names
    assert found.pixel_size_um == (None if size is None else pytest.approx(size))
    expected = by_its_library(path).reshape(shape)
    with opened(path) as stack:
        leading = shape[: axes.index("Y")]
        for index in np.ndindex(*leading):
            np.testing.assert_array_equal(stack.pixels[index], expected[index])


@pytest.mark.realdata
def test_every_real_file_is_tested(real_data):
    there = {path.name for path in (real_data / "formats").iterdir()}
    assert there == {name for name, *_ in REAL}
