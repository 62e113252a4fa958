"""Results of one image: what comes back from the disk is what went there."""

import numpy as np
import pandas as pd
import pytest

from cellseg.analysis.measurements import measure
from cellseg.batches.segmented_image import FACTS, TABLE, SegmentedImage
from cellseg.batches.segmenting import Stopped, readable_errors, segment_into
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from tests.fakes import BrightPredictor, Cells

PIXELS = np.array([[255, 255, 0, 0], [255, 0, 0, 200], [0, 0, 0, 200]], np.uint8)
LABELS = np.array([[1, 1, 0, 0], [1, 0, 0, 2], [0, 0, 0, 2]])


class Constant:
    """A predictor that finds the same cells in every image."""

    def __init__(self, labels, probability):
        self.result = Cells(labels, probability)

    def cells(self, image, options=None, progress=None):
        if progress:
            progress(1, 2)
            progress(2, 2)
        return self.result


def kept(folder, image=None, **given):
    image = image or Image(PIXELS, "YX")
    return segment_into(BrightPredictor(), image, "a/x.tif", folder / "x", **given)


def test_an_image_and_its_cells_come_back(tmp_path):
    segmented = kept(tmp_path, warnings=["A stack."]).with_pixel_size(0.5)
    assert (segmented.name, segmented.height, segmented.width, segmented.channels) == (
        "a/x.tif",
        3,
        4,
        1,
    )
    assert (segmented.cells, segmented.share, segmented.pixel_size) == (2, 5 / 12, 0.5)
    assert segmented.warnings == ("A stack.",)
    np.testing.assert_array_equal(segmented.labels(), LABELS)
    assert segmented.labels().dtype == np.int32
    np.testing.assert_array_equal(segmented.image().pixels, PIXELS)
    np.testing.assert_array_equal(segmented.probability(), (PIXELS / np.float32(255)))
    assert segmented.probability().dtype == np.float32
    assert segmented.truth() is None
    assert SegmentedImage.read(segmented.folder) == segmented.with_pixel_size(None)


@pytest.mark.parametrize(
    ("pixels", "axes"),
    [
        (np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000, "YX"),
        (np.linspace(-1, 1e9, 12, dtype=np.float32).reshape(3, 4), "YX"),
        (np.arange(36, dtype=np.uint8).reshape(3, 4, 3), "YXC"),
        (np.arange(36, dtype=np.float32).reshape(3, 4, 3) / 7, "YXC"),
        (np.arange(36, dtype=np.uint16).reshape(3, 4, 3) * 1800, "YXC"),
    ],
)
def test_pixels_keep_their_values_and_dtype(tmp_path, pixels, axes):
    image = Image(pixels, axes, ("a", "b", "c")[: 1 if axes == "YX" else 3], 0.25)
    segmented = kept(tmp_path, image)
    back = segmented.image()
    assert back.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(back.pixels, pixels)
    assert (back.axes, back.channel_names, back.pixel_size_um) == (
        axes,
        image.channel_names,
        0.25,
    )
    assert segmented.pixel_size == 0.25


def test_progress_is_told_and_what_it_raises_leaves_nothing_behind(tmp_path):
    predictor, image = Constant(LABELS, PIXELS / np.float32(255)), Image(PIXELS, "YX")
    calls = []

    def stop(done, of):
        calls.append((done, of))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        segment_into(predictor, image, "x", tmp_path / "x", progress=stop)
    assert calls == [(1, 2), (2, 2)]
    assert not list(tmp_path.iterdir())


def test_a_stop_is_no_failure_of_the_image():
    with pytest.raises(Stopped), readable_errors("x"):
        raise Stopped
    with pytest.raises(CellsegError, match=r"x could not be segmented \(no luck\)"):
        with readable_errors("x"):
            raise RuntimeError("no luck")


def test_many_labels_are_kept(tmp_path):
    labels = np.arange(300 * 300, dtype=np.int32).reshape(300, 300)
    predictor = Constant(labels, np.zeros((300, 300), np.float32))
    image = Image(np.zeros((300, 300), np.uint8), "YX")
    segmented = segment_into(predictor, image, "x", tmp_path / "x")
    assert segmented.cells == 89_999
    np.testing.assert_array_equal(segmented.labels(), labels)


def test_an_image_without_cells_has_an_empty_table(tmp_path):
    segmented = kept(tmp_path, Image(np.zeros((3, 4), np.uint8), "YX"))
    assert (segmented.cells, segmented.share) == (0, 0.0)
    assert len(segmented.table()) == 0
    pd.testing.assert_frame_equal(segmented.table(), segmented.table())


def test_the_table_is_measured_once_and_kept_to_the_bit(tmp_path):
    segmented = kept(tmp_path).with_pixel_size(0.5)
    expected = measure(
        LABELS, PIXELS, image="a/x.tif", pixel_size=0.5, probability=segmented.probability()
    )
    for _ in range(2):  # measured, then read
        pd.testing.assert_frame_equal(segmented.table(), expected, check_exact=True)
    (segmented.folder / "image.tif").unlink()
    pd.testing.assert_frame_equal(segmented.table(), expected, check_exact=True)


def test_another_pixel_size_is_another_table(tmp_path):
    segmented = kept(tmp_path, Image(PIXELS, "YX", (), 2.0))
    assert segmented.table()["area_um2"].tolist() == [12, 8]
    entered = segmented.with_pixel_size(1.0)
    assert entered.table()["area_um2"].tolist() == [3, 2]
    assert segmented.table()["area_um2"].tolist() == [12, 8]
    assert entered.with_pixel_size(None).pixel_size == 2.0
    unknown = kept(tmp_path / "other")
    assert unknown.pixel_size is None
    assert "area_um2" not in unknown.table()


def test_a_damaged_table_is_measured_again(tmp_path):
    segmented = kept(tmp_path)
    expected = segmented.table()
    (segmented.folder / TABLE).write_bytes(b"PK broken")
    pd.testing.assert_frame_equal(segmented.table(), expected)


def test_a_folder_without_facts_is_unfinished_and_is_done_again(tmp_path):
    segmented = kept(tmp_path)
    segmented.table()
    (segmented.folder / FACTS).unlink()
    assert SegmentedImage.read(segmented.folder) is None
    again = kept(tmp_path, Image(np.zeros((3, 4), np.uint8), "YX"))
    assert len(again.table()) == 0
    (segmented.folder / FACTS).write_text("{}")
    assert SegmentedImage.read(segmented.folder) is None


def test_truth_comes_and_goes(tmp_path):
    segmented = kept(tmp_path, truth=LABELS * 7)
    assert segmented.has_truth
    np.testing.assert_array_equal(segmented.truth(), LABELS * 7)
    segmented.set_truth(None)
    assert segmented.truth() is None
    with pytest.raises(CellsegError, match=r"a/x\.tif has 4 x 3 pixels, the image 3 x 4"):
        segmented.set_truth(LABELS.T)


def test_a_truth_of_another_size_leaves_nothing_finished(tmp_path):
    with pytest.raises(CellsegError, match="drawn on this image"):
        kept(tmp_path, truth=LABELS.T)
    assert SegmentedImage.read(tmp_path / "x") is None


def test_what_is_gone_is_readable_errors(tmp_path):
    segmented = kept(tmp_path)
    (segmented.folder / "labels.tif").unlink()
    (segmented.folder / "image.tif").write_bytes(b"II*\0")
    for read in (segmented.labels, segmented.image):
        with pytest.raises(CellsegError, match="segment the image again"):
            read()
    before = segmented.version
    (segmented.folder / FACTS).unlink()
    with pytest.raises(CellsegError, match="segment the image again"):
        _ = segmented.version
    assert kept(tmp_path).version != before
