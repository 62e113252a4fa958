import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from cellseg.config import Preprocessing
from cellseg.errors import CellsegError
from cellseg.exports import batch
from cellseg.images.view import View


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


def test_a_stack_gives_a_result_for_each_plane(tmp_path):
    planes = np.array([TWO_CELLS, np.zeros((3, 5))], np.uint8)
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, planes, imagej=True, metadata={"axes": "ZYX"})
    view = View(expand=True)
    records, left_out = batch.segment(BrightIsCell(), [path], tmp_path / "out", ignore, view)
    assert left_out == []
    assert [(record["plane"], record["cells"]) for record in records] == [("z00", 2), ("z01", 0)]
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"s_z0{z}_{kind}" for z in range(2) for kind in ("labels.tif", "overlay.png")]


def test_what_the_model_takes_of_an_image_is_taken(tmp_path):
    planes = np.array([np.zeros((3, 5)), TWO_CELLS], np.uint8)
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, planes, imagej=True, metadata={"axes": "ZYX"})
    for plane, cells in ((0, 0), (1, 2)):
        view = View(plane=plane)
        records, _ = batch.segment(BrightIsCell(), [path], tmp_path / "out", ignore, view)
        assert [record["cells"] for record in records] == [cells]
    _, left_out = batch.segment(BrightIsCell(), [path], tmp_path / "out", ignore, View(plane=2))
    assert "s.tif has no plane 2" in left_out[0]


def test_a_plane_never_takes_the_place_of_another_image(tmp_path):
    planes = np.array([TWO_CELLS, TWO_CELLS], np.uint8)
    tifffile.imwrite(tmp_path / "s.tif", planes, imagej=True, metadata={"axes": "ZYX"})
    flat = write(tmp_path / "s_z01.png", TWO_CELLS)
    files = [flat, tmp_path / "s.tif"]
    records, left_out = batch.segment(
        BrightIsCell(), files, tmp_path / "out", ignore, View(expand=True)
    )
    assert len(records) == 2
    assert "s.tif would become s_z01_labels.tif like another image" in left_out[0]
