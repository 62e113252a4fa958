"""Large images: read by strips and tiles, kept in files, equal to what is read at once."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from cellseg.errors import CellsegError
from cellseg.images import decoding, extraction, size_limits
from cellseg.images.decoding import Decoder
from cellseg.images.reading import read_image
from cellseg.images.view import View

RNG = np.random.default_rng(0)
GREY8 = RNG.integers(0, 256, (200, 176), dtype=np.uint8)
GREY16 = RNG.integers(0, 65536, (200, 176), dtype=np.uint16)
RGB = RNG.integers(0, 256, (200, 176, 3), dtype=np.uint8)
RGBA = RNG.integers(0, 256, (200, 176, 4), dtype=np.uint8)
TILED = {"tile": (48, 64)}

FILES: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "tiled": (GREY16, TILED),
    "compressed": (GREY16, {**TILED, "compression": "zlib", "predictor": True}),
    "strips": (GREY8, {"rowsperstrip": 7, "compression": "lzw"}),
    "raw strips": (GREY16, {"rowsperstrip": 7}),
    "one strip": (GREY16, {}),
    "big endian": (GREY16, {**TILED, "byteorder": ">"}),
    "white is zero": (GREY16, {**TILED, "photometric": "miniswhite"}),
    "colour": (RGB, {**TILED, "photometric": "rgb", "compression": "zlib"}),
    "planar": (
        np.moveaxis(RGB, -1, 0),
        {**TILED, "photometric": "rgb", "planarconfig": "separate"},
    ),
    "transparent": (RGBA, {**TILED, "photometric": "rgb", "extrasamples": ["unassalpha"]}),
    "inks": (RGBA, {**TILED, "photometric": "separated"}),
    "palette": (
        GREY8,
        {**TILED, "photometric": "palette", "colormap": np.arange(768).reshape(3, 256) * 80},
    ),
    "channels": (
        np.stack([GREY16, GREY16 // 2]),
        {**TILED, "photometric": "minisblack", "metadata": {"axes": "CYX"}, "ome": True},
    ),
    "planes": (
        np.stack([GREY16, GREY16 // 2]),
        {**TILED, "metadata": {"axes": "ZYX"}, "ome": True},
    ),
    "fractions": (GREY16 / np.float32(7), TILED),
}


@pytest.fixture(params=FILES)
def file(request, tmp_path):
    array, options = FILES[request.param]
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, array, **options)
    return path


@pytest.fixture
def small(monkeypatch):
    """Every image is large, and rows are read by a few."""
    monkeypatch.setattr(size_limits, "MAPPED_BYTES", 1000)
    monkeypatch.setattr(size_limits, "CHUNK_BYTES", 9000)


def test_what_is_read_by_parts_is_what_is_read_at_once(file, monkeypatch):
    whole = read_image(file)
    monkeypatch.setattr(size_limits, "MAPPED_BYTES", 1000)
    monkeypatch.setattr(size_limits, "CHUNK_BYTES", 9000)
    parts = read_image(file)
    assert parts.pixels.dtype == whole.pixels.dtype
    assert parts.axes == whole.axes
    np.testing.assert_array_equal(parts.pixels, whole.pixels)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("compressed", GREY16),
        ("white is zero", 65535 - GREY16),
        ("planar", RGB),
        ("transparent", RGBA[..., :3]),
        ("channels", np.stack([GREY16, GREY16 // 2, 0 * GREY16], axis=-1)),
    ],
)
def test_values_are_those_that_were_written(small, tmp_path, kind, expected):
    array, options = FILES[kind]
    tifffile.imwrite(tmp_path / "x.tif", array, **options)
    np.testing.assert_array_equal(read_image(tmp_path / "x.tif").pixels, expected)


def test_a_chosen_channel_and_plane_are_read_alone(small, tmp_path):
    for kind, view in (("channels", View(channels=(1,))), ("planes", View(plane=1))):
        array, options = FILES[kind]
        tifffile.imwrite(tmp_path / "x.tif", array, **options)
        np.testing.assert_array_equal(read_image(tmp_path / "x.tif", view=view).pixels, GREY16 // 2)


def test_no_more_rows_are_in_memory_than_asked_for(small, tmp_path, monkeypatch):
    shapes = []
    shown = extraction._display_values

    def watched(*given):
        shapes.append(shown(*given).shape)
        return shown(*given)

    monkeypatch.setattr(extraction, "_display_values", watched)
    array, options = FILES["colour"]
    tifffile.imwrite(tmp_path / "x.tif", array, **options)
    read_image(tmp_path / "x.tif")
    rows = 9000 // (8 * 176)
    assert max(shape[1] for shape in shapes) == rows
    assert sum(shape[1] for shape in shapes) == 3 * 200


def test_an_array_file_is_read_by_parts_too(small, tmp_path):
    np.save(tmp_path / "x.npy", GREY16)
    np.testing.assert_array_equal(read_image(tmp_path / "x.npy").pixels, GREY16)


def test_what_the_child_read_is_mapped_and_outlives_the_decoder(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding.size_limits, "MAPPED_BYTES", 1000)
    paths = []
    for number in range(2):
        paths.append(tmp_path / f"{number}.tif")
        tifffile.imwrite(paths[-1], GREY16 + np.uint16(number), **TILED)
    with Decoder() as decoder:
        images = [decoder.image(path).pixels for path in paths]
        (pair,) = decoder.images(paths[0])
        folder = Path(decoder._folder.name)
        assert os.name == "nt" or not list(folder.iterdir())
    for number, pixels in enumerate(images):
        assert isinstance(pixels.base, np.memmap)
        np.testing.assert_array_equal(pixels, GREY16 + np.uint16(number))
    np.testing.assert_array_equal(pair[1].pixels, GREY16)
    images[0][0, 0] = 7  # a copy is written to, no file
    assert images[0][0, 0] == 7


def test_an_image_that_the_disk_cannot_hold_is_refused(small, tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "x.tif", GREY16, **TILED)
    free = type("Usage", (), {"free": 3 * GREY16.nbytes - 1})
    monkeypatch.setattr(size_limits.shutil, "disk_usage", lambda folder: free)
    with pytest.raises(
        CellsegError, match=r"x\.tif needs 0\.0 GB of temporary disk space.* TMPDIR"
    ):
        read_image(tmp_path / "x.tif")
