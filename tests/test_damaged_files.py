"""Cut and changed bytes of every format: one sentence or an image, never a traceback or a hang."""

import io
import time
import zlib
from contextlib import suppress

import numpy as np
import pytest
import tifffile
from PIL import Image as pillow

from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoder
from cellseg.images.reading import read_images, read_masks
from cellseg.images.view import View

CASES = 60
"""Damaged copies of each format."""

LONGEST = 10.0
"""Seconds that one copy may take."""

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
PLANES = np.random.default_rng(1).integers(0, 4000, (4, 24, 20), np.uint16)


def saved(kind, **options):
    buffer = io.BytesIO()
    pillow.fromarray(PICTURE).save(buffer, format=kind, **options)
    return buffer.getvalue()


def tiff(array, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def numpy_file(save, array):
    buffer = io.BytesIO()
    save(buffer, array)
    return buffer.getvalue()


DRAWN = {
    "a.png": saved("PNG"),
    "a.jpg": saved("JPEG"),
    "a.bmp": saved("BMP"),
    "a.webp": saved("WEBP", lossless=True),
    "plain.tif": tiff(PLANES, photometric="minisblack"),
    "lzw.tif": tiff(PLANES, photometric="minisblack", compression="lzw", predictor=True),
    "zstd.tif": tiff(PICTURE, photometric="rgb", compression="zstd", tile=(16, 16)),
    "jpeg.tif": tiff(PICTURE, photometric="rgb", compression="jpeg"),
    "big.tif": tiff(PLANES, photometric="minisblack", bigtiff=True, compression="zlib"),
    "imagej.tif": tiff(PLANES, imagej=True, metadata={"axes": "ZYX", "unit": "um"}),
    "a.ome.tif": tiff(PLANES, photometric="minisblack", ome=True, metadata={"axes": "CYX"}),
    "a.npy": numpy_file(np.save, PICTURE),
    "a.npz": numpy_file(np.savez_compressed, PICTURE),
}
REAL = ("cluster.nd2", "DAPI_GFP.czi", "CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD.czi")


def damaged_copies(content, seed, cases=CASES):
    """Copies that are cut, have flipped bits, or have other bytes in a row, most near the start."""
    rng = np.random.default_rng(seed)
    for case in range(cases):
        copy = bytearray(content)
        near = min(len(copy), 2000) if case % 3 else len(copy)
        if case % 4 == 0:
            yield bytes(copy[: int(rng.integers(0, len(copy)))])
            continue
        for _ in range(int(rng.integers(1, 12))):
            place = int(rng.integers(0, near))
            if case % 4 == 3:
                run = rng.integers(0, 256, int(rng.integers(1, 9)), np.uint8).tobytes()
                copy[place : place + len(run)] = run
            else:
                copy[place] ^= 1 << int(rng.integers(0, 8))
        yield bytes(copy)


@pytest.mark.parametrize("name", DRAWN)
def test_damaged_files_are_refused_in_one_sentence_or_read(tmp_path, name):
    path = tmp_path / name
    for content in damaged_copies(DRAWN[name], zlib.crc32(name.encode())):
        path.write_bytes(content)
        began = time.monotonic()
        for read in (read_images, read_masks):
            sentence = "übel/x.tif"
            try:
                for suffix, _ in read(path, "übel/x.tif", View(expand=True)):
                    assert isinstance(suffix, str)
            except CellsegError as error:
                sentence = str(error)
            assert "übel/x.tif" in sentence
            assert "\n" not in sentence
        assert time.monotonic() - began < LONGEST


@pytest.mark.parametrize("name", DRAWN)
def test_the_decoder_survives_damaged_files(tmp_path, name):
    path = tmp_path / name
    with Decoder(timeout=LONGEST) as decoder:
        for content in damaged_copies(DRAWN[name], 7, 12):
            path.write_bytes(content)
            with suppress(CellsegError):
                decoder.describe(path)
            with suppress(CellsegError):
                assert list(decoder.images(path, view=View(expand=True)))
        path.write_bytes(DRAWN[name])
        assert list(decoder.images(path, view=View(expand=True)))


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_the_decoder_survives_damaged_microscope_files(tmp_path, real_data, name):
    """Only through the decoder: libraries in C may end the process that calls them."""
    whole = (real_data / "formats" / name).read_bytes()
    path = tmp_path / name
    with Decoder(timeout=LONGEST) as decoder:
        for content in damaged_copies(whole, 3, 40):
            path.write_bytes(content)
            with suppress(CellsegError):
                assert decoder.image(path, view=View(channels=(0,)), number=0)
        path.write_bytes(whole)
        assert decoder.image(path).height
