import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from cellseg.config import Preprocessing
from cellseg.errors import CellsegError
from cellseg.exports import batch


class BrightIsCell:
    """A predictor that finds cells in what is brighter than the middle."""

    settings = Preprocessing()

    def foreground_probability(self, image):
        return (image.pixels / np.float32(255)).astype(np.float32)


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.array(pixels, np.uint8)).save(path)
    return path


TWO_CELLS = [
    [255, 255, 0, 0, 0],
    [255, 0, 0, 0, 0],
    [0, 0, 0, 255, 255],
]


def ignore(*_):
    """Progress that nobody reads."""


def test_labels_and_overlay_have_the_image_s_own_size(tmp_path):
    file = write(tmp_path / "in" / "Zellen ä.png", TWO_CELLS)
    records, left_out = batch.segment(BrightIsCell(), [file], tmp_path / "out", ignore)
    assert left_out == []
    assert records[0]["cells"] == 2
    labels = tifffile.imread(tmp_path / "out" / "Zellen ä_labels.tif")
    assert labels.dtype == np.uint16
    np.testing.assert_array_equal(labels, [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 2, 2]])
    with Pillow.open(tmp_path / "out" / "Zellen ä_overlay.png") as overlay:
        assert (overlay.size, overlay.mode) == ((5, 3), "RGB")


def test_a_bad_file_is_named_and_the_others_are_done(tmp_path):
    good = write(tmp_path / "good.png", TWO_CELLS)
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    steps = []
    records, left_out = batch.segment(
        BrightIsCell(), [bad, good], tmp_path / "out", lambda *step: steps.append(step)
    )
    assert [record["image"] for record in records] == [str(good)]
    assert len(left_out) == 1
    assert "bad.png" in left_out[0]
    assert steps == [(0, 2, "bad.png"), (1, 2, "good.png"), (2, 2, "")]


def test_a_folder_gives_its_images_but_not_those_below(tmp_path):
    for name in ("b.png", "a.tif", "deeper/c.png", ".hidden.png"):
        write(tmp_path / name, TWO_CELLS)
    (tmp_path / "notes.txt").write_text("not an image")
    found = batch.inputs([tmp_path], tmp_path / "out")
    assert [file.name for file in found] == ["a.tif", "b.png"]


@pytest.mark.parametrize("second", ["b/x.tif", "b/X.bmp"])
def test_two_inputs_of_one_stem_are_refused(tmp_path, second):
    files = [write(tmp_path / name, TWO_CELLS) for name in ("a/x.png", second)]
    with pytest.raises(CellsegError, match=rf"would both become {files[1].stem}_labels\.tif"):
        batch.inputs(files, tmp_path / "out")


def test_a_result_never_takes_the_place_of_an_input(tmp_path):
    write(tmp_path / "a.tif", TWO_CELLS)
    write(tmp_path / "a_labels.tif", TWO_CELLS)
    with pytest.raises(CellsegError, match="another output folder"):
        batch.inputs([tmp_path], tmp_path)


def test_a_missing_path_and_an_empty_folder_are_said(tmp_path):
    with pytest.raises(CellsegError, match="does not exist"):
        batch.inputs([tmp_path / "nothing.png"], tmp_path)
    with pytest.raises(CellsegError, match="holds no image"):
        batch.inputs([tmp_path], tmp_path)
