"""One source at a time: progress, stop, resume, and which failures stay with the source."""

import errno

import numpy as np
import pytest

from cellseg.batches.segmented_image import SegmentedImage
from cellseg.batches.segmenting import (
    ImageNames,
    SegmentationRequest,
    Stopped,
    readable_errors,
    segment_source,
)
from cellseg.errors import CellsegError
from cellseg.images.decoding import Decoded, Decoder
from cellseg.images.image import Image
from cellseg.images.stack import StackFacts
from cellseg.images.view import View
from cellseg.source import Source
from tests import made
from tests.fakes import BrightPredictor

PLANES = np.array([[[255, 0, 0]], [[0, 0, 0]], [[255, 0, 255]]], np.uint8)
EACH = SegmentationRequest(view=View(expand=True))


class Planes(Decoder):
    """Stands for a decoder: a stack of three planes of 1 x 3 pixels, each 0.5 µm wide."""

    def __init__(self):
        """No process and no folder."""

    def decode(self, path, name=None, view=None):
        facts = StackFacts(axes="ZYX", shape=PLANES.shape, dtype="uint8", pixel_size_um=0.5)
        images = ((f"_z0{z}", Image(plane, "YX", (), 0.5)) for z, plane in enumerate(PLANES))
        return Decoded(facts, len(PLANES), images)


@pytest.fixture
def segment(tmp_path):
    """Segments the stack of three planes into folders named after their numbers."""

    def run(predictor=None, request=EACH, source=None, **options):
        network = predictor or BrightPredictor()
        return segment_source(
            source or Source("a/s.tif", tmp_path / "s.tif"),
            lambda: network,
            Planes(),
            request,
            lambda number: tmp_path / "out" / str(number),
            **options,
        )

    return run


def fails_at_third(error):
    """A predictor that raises an error at the plane with two cells."""

    def fail(image, options, progress):
        if np.count_nonzero(image.pixels) == 2:
            raise error

    return BrightPredictor(fail)


def test_every_image_of_a_source_is_segmented_and_named(segment):
    result = segment()
    assert [image.name for image in result.images] == [f"a/s_z0{z}.tif" for z in range(3)]
    assert [image.cells for image in result.images] == [1, 0, 2]
    assert [image.view for image in result.images] == [EACH.view] * 3
    assert (result.suffixes, result.problem) == (["_z00", "_z01", "_z02"], None)


def test_an_entered_pixel_size_goes_before_that_of_the_file(segment):
    assert {image.pixel_size for image in segment().images} == {0.5}
    entered = SegmentationRequest(view=EACH.view, pixel_size=2.0)
    images = segment(request=entered).images
    assert {image.pixel_size for image in images} == {2.0}
    assert {image.with_pixel_size(None).pixel_size for image in images} == {0.5}


def test_progress_counts_images_and_parts_and_never_comes_after_the_last_part(segment):
    calls = []

    def two_parts(image, options, progress):
        progress(1, 2)
        progress(2, 2)

    segment(BrightPredictor(two_parts), progress=lambda share, phase: calls.append((share, phase)))
    assert calls[0] == (0.0, "Reading a/s.tif")
    shares, phases = zip(*calls[1:], strict=True)
    assert shares == pytest.approx([0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6])
    assert phases[:2] == ("Segmenting a/s_z00.tif", "Segmenting a/s_z00.tif, part 1 of 2")


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (CellsegError("No cell here."), "No cell here."),
        (MemoryError(), "a/s_z02.tif does not fit into the memory of this machine"),
        (ZeroDivisionError("by zero"), r"a/s_z02.tif could not be segmented (by zero)"),
        (AssertionError(), "a/s_z02.tif could not be segmented (AssertionError)"),
    ],
)
def test_a_failure_of_any_kind_is_a_sentence_and_keeps_the_images_before(segment, error, problem):
    result = segment(fails_at_third(error))
    assert [image.cells for image in result.images] == [1, 0]
    assert result.problem.startswith(problem)


def test_a_disk_that_refuses_ends_the_work(segment):
    refused = OSError(errno.ENOSPC, "no space")
    with pytest.raises(OSError, match="no space"):
        segment(fails_at_third(refused))
    said = CellsegError("The disk is full.")
    said.__cause__ = refused
    with pytest.raises(CellsegError, match=r"The disk is full\."):
        segment(fails_at_third(said))


@pytest.mark.parametrize("stop", [Stopped(), KeyboardInterrupt()])
def test_a_stop_ends_the_work_and_resuming_keeps_finished_images(segment, tmp_path, stop):
    with pytest.raises(type(stop)):
        segment(fails_at_third(stop))
    network = BrightPredictor()
    result = segment(network, resume=True)
    assert ([image.cells for image in result.images], network.calls) == ([1, 0, 2], 1)
    assert SegmentedImage.read(tmp_path / "out" / "2") == result.images[2]


def test_without_resume_all_is_segmented_again(segment):
    network = BrightPredictor()
    for _ in range(2):
        segment(network)
    assert network.calls == 6


def test_a_failure_of_the_caller_is_the_source_s(segment):
    def export(image, suffix):
        if suffix == "_z01":
            raise ValueError("no export")

    result = segment(finish=export)
    assert len(result.images) == 1
    assert "(no export)" in result.problem


def test_a_pair_of_a_dataset_brings_its_mask_as_truth(segment, workspace):
    dataset = made.dataset(workspace, pairs=2)
    pair = dataset.names[0]
    result = segment(source=Source("images/cell 0.png", pair=pair), dataset=dataset)
    (image,) = result.images
    np.testing.assert_array_equal(image.truth(), dataset.labels(pair))
    assert (image.name, image.view, image.warnings) == ("images/cell 0.png", None, ())
    gone = segment(source=Source("images/cell 0.png", pair=pair))
    assert "dataset of images/cell 0.png is gone" in gone.problem


def test_names_of_images_are_those_of_no_source_and_no_other_image():
    names = ImageNames(["a.tif", "A_z00.tif"])
    assert names.name("a.tif", "") == "a.tif"
    assert names.name("a.tif", "_z00") == "a_z00 (2).tif"
    assert names.name("a.tif", "_z01") == "a_z01.tif"
    assert names.name("a.tif", "_z01") == "a_z01 (2).tif"


def test_other_work_than_segmenting_is_named():
    with pytest.raises(CellsegError, match=r"m\.png could not be read \(odd\); try another file"):
        with readable_errors("m.png", "read"):
            raise ValueError("odd")
