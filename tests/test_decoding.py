import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cellseg.errors import CellsegError
from cellseg.images import decoding
from cellseg.images.decoder_process import SpareProcess
from cellseg.images.decoding import Decoder
from cellseg.images.example import ChoiceNeeded
from cellseg.images.image import Image
from cellseg.images.view import View
from cellseg.images.writing import label_tiff_bytes, png_bytes, tiff_bytes


@pytest.fixture
def decoders():
    """Each decoder starts a process of its own here."""


@pytest.fixture
def files(tmp_path):
    pixels = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    (tmp_path / "image.tif").write_bytes(tiff_bytes(Image(pixels, "YX")))
    (tmp_path / "mask.tif").write_bytes(label_tiff_bytes(pixels // 5000))
    (tmp_path / "colour.png").write_bytes(png_bytes(np.full((2, 2, 3), 7, np.uint8)))
    return tmp_path


def test_one_child_reads_many_files_as_the_reader_does(files):
    with Decoder() as decoder:
        image = decoder.image(files / "image.tif")
        assert image.axes == "YX"
        assert image.pixels.dtype == np.uint16
        assert image.pixels[2, 3] == 55_000
        child = decoder._child
        assert decoder.mask(files / "mask.tif").max() == 11
        assert decoder.image(files / "colour.png").axes == "YXC"
        assert decoder._child is child


def test_an_unreadable_file_is_a_sentence_with_the_users_name(files):
    (files / "x.png").write_bytes(b"text")
    with Decoder() as decoder:
        with pytest.raises(CellsegError, match=r"Zelle ü\.png contains text"):
            decoder.image(files / "x.png", "Zelle ü.png")
        assert decoder.image(files / "image.tif").width == 4


@pytest.fixture
def misbehaving(monkeypatch, tmp_path):
    """Replaces the child by a script that does what the test says with files named `bad`."""

    def replace(action):
        package = tmp_path / "package"
        package.mkdir()
        (package / "sitecustomize.py").write_text(
            "import os, signal, time\n"
            "import cellseg.images.reading as reading\n"
            "whole = reading.opened\n"
            "def opened(path, name=None):\n"
            "    if 'bad' in str(path):\n"
            f"        {action}\n"
            "    return whole(path, name)\n"
            "reading.opened = opened\n"
        )
        root = Path(decoding.__file__).parents[2]
        monkeypatch.setenv("PYTHONPATH", f"{package}{os.pathsep}{root}")

    return replace


def test_a_crash_of_the_reader_costs_that_file_only(files, misbehaving):
    misbehaving("os._exit(139)")
    (files / "bad.tif").write_bytes((files / "image.tif").read_bytes())
    with Decoder() as decoder:
        with pytest.raises(CellsegError, match=r"bad\.tif made the reader crash"):
            decoder.image(files / "bad.tif")
        assert decoder.image(files / "image.tif").height == 3


def test_a_hang_of_the_reader_ends_with_the_time_limit(files, misbehaving, monkeypatch):
    misbehaving("time.sleep(600)")
    (files / "bad.tif").write_bytes((files / "image.tif").read_bytes())
    with Decoder(timeout=0.5) as decoder:
        assert decoder.image(files / "image.tif").height == 3
        with pytest.raises(CellsegError, match=r"bad\.tif could not be read within 0\.5 s"):
            decoder.image(files / "bad.tif")
        assert decoder.image(files / "image.tif").height == 3


def test_what_a_library_prints_does_not_disturb(files, misbehaving):
    misbehaving("print('{}', flush=True); os.write(1, b'noise\\n')")
    (files / "bad.tif").write_bytes((files / "image.tif").read_bytes())
    with Decoder() as decoder:
        assert decoder.image(files / "bad.tif").height == 3


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a POSIX signal")
def test_a_child_killed_between_two_files_is_replaced(files):
    with Decoder() as decoder:
        decoder.image(files / "image.tif")
        process = decoder._child._process
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert decoder.image(files / "image.tif").height == 3


def test_nothing_is_imported_from_the_folder_one_is_in(files, monkeypatch):
    (files / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    monkeypatch.chdir(files)
    with Decoder() as decoder:
        assert decoder.image("image.tif").height == 3


@pytest.fixture
def spare():
    spare = SpareProcess()
    yield spare
    spare.end()


def test_a_child_waits_for_the_next_decoder(files, spare):
    with Decoder(spare=spare) as first:
        first.image(files / "image.tif")
        child = first._child
    with Decoder(spare=spare) as second:
        assert second.image(files / "image.tif").height == 3
        assert second._child is child
    spare.end()
    assert child.has_ended


def test_a_child_of_other_limits_or_a_dead_one_waits_for_nobody(files, spare):
    with Decoder(spare=spare) as first:
        first.image(files / "image.tif")
        child = first._child
    with Decoder(max_pixels=100, spare=spare) as other:
        other.image(files / "image.tif")
        assert other._child is not child
    assert child.has_ended  # the other waits in its place
    waiting = other._spare.take("cellseg.images.decoder_child", 100)
    waiting.kill()
    spare.give(waiting)
    assert spare.take("cellseg.images.decoder_child", 100) is None


def test_a_child_does_not_wait_where_its_work_was_broken_off(files, spare):
    with pytest.raises(KeyboardInterrupt), Decoder(spare=spare) as decoder:
        decoder.image(files / "image.tif")
        child = decoder._child
        raise KeyboardInterrupt
    assert child.has_ended


PLANES = np.arange(7 * 4 * 5, dtype=np.uint16).reshape(7, 4, 5)


@pytest.fixture
def stack(tmp_path):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, PLANES, imagej=True, metadata={"axes": "ZYX", "unit": "um"})
    return path


def test_one_request_gives_the_facts_and_all_images(tmp_path, monkeypatch):
    path = tmp_path / "a.tif"
    planes = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    tifffile.imwrite(path, planes, imagej=True, metadata={"axes": "CYX"})
    requests = []
    ask = Decoder.ask

    def count(decoder, request, name):
        requests.append(request["want"])
        return ask(decoder, request, name)

    monkeypatch.setattr(Decoder, "ask", count)
    with Decoder() as decoder:
        decoded = decoder.decode(path, "x.tif", View(axes="ZYX", expand=True))
        assert (decoded.facts.axes, decoded.count) == ("CYX", 2)  # as the file says; as chosen
        images = list(decoded.images)
        masks = list(decoder.masks(path, "x.tif", View(axes="ZYX", expand=True)))
    assert requests == ["images", "masks"]
    assert [suffix for suffix, _ in images] == ["_z00", "_z01"]
    for (_, image), (_, mask), plane in zip(images, masks, planes, strict=True):
        np.testing.assert_array_equal(image.pixels, plane)
        np.testing.assert_array_equal(mask, plane)


def test_a_stack_is_described_without_its_pixels(stack):
    with Decoder() as decoder:
        found = decoder.describe(stack, "a/x.tif")
        assert (found.axes, found.shape, found.dtype) == ("ZYX", (7, 4, 5), "uint16")
        assert decoder.describe(stack, view=View(axes="TYX")).axes == "TYX"


@pytest.mark.parametrize("piece", [1, 3 * 4 * 5 * 2, 10**6])
def test_stacks_come_one_after_the_other(stack, piece, monkeypatch, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "sitecustomize.py").write_text(
        f"import cellseg.images.size_limits as limits\nsize_limits.CHUNK_BYTES = {piece}\n"
    )
    root = Path(decoding.__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{package}{os.pathsep}{root}")
    with Decoder() as decoder:
        images = list(decoder.images(stack, view=View(expand=True)))
        masks = list(decoder.masks(stack, view=View(expand=True)))
    assert [suffix for suffix, _ in images] == [f"_z0{number}" for number in range(7)]
    np.testing.assert_array_equal(np.stack([image.pixels for _, image in images]), PLANES)
    np.testing.assert_array_equal(np.stack([mask for _, mask in masks]), PLANES)


def test_one_of_many_by_its_number(stack):
    with Decoder() as decoder:
        image = decoder.image(stack, view=View(expand=True), number=5)
        np.testing.assert_array_equal(image.pixels, PLANES[5])
        with pytest.raises(CellsegError, match=r"has several images"):
            decoder.image(stack, view=View(expand=True))
        np.testing.assert_array_equal(decoder.mask(stack, view=View(plane=2)), PLANES[2])


def test_what_a_stack_needs_is_said_with_what_it_holds(tmp_path):
    path = tmp_path / "pages.tif"
    tifffile.imwrite(path, PLANES, photometric="minisblack", metadata=None)
    with Decoder() as decoder, pytest.raises(ChoiceNeeded, match=r"x\.tif holds 7 pages") as caught:
        decoder.image(path, "x.tif")
    assert caught.value.example.facts.axes == "?YX"


def test_names_and_size_travel(tmp_path):
    path = tmp_path / "a.tif"
    drawn = Image(np.zeros((4, 5, 3), np.uint16), "YXC", ("a", "b", "c"), 0.25)
    path.write_bytes(tiff_bytes(drawn))
    with Decoder() as decoder:
        image = decoder.image(path)
    assert (image.axes, image.channel_names, image.pixel_size_um) == ("YXC", ("a", "b", "c"), 0.25)


def test_the_limit_of_pixels_is_a_setting(files):
    with Decoder(max_pixels=5) as decoder, pytest.raises(CellsegError, match=r"megapixels"):
        decoder.image(files / "image.tif")
