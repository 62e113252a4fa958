import numpy as np
import pytest
from PIL import Image as Pillow

from cellseg.methods.cells import samples
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.samples import OutlinePictures, central_region, draw_outlines
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.workspace import read_json
from tests.fake_networks import ScriptedPredictor, ideal_outputs


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(samples, "time", made)
    return made


def predictor_of_a_square():
    """A predictor that finds one square cell in every image."""

    def network(rgb):
        labels = np.zeros(rgb.shape[:2], np.int32)
        labels[20:30, 20:30] = 1
        return ideal_outputs(labels)

    return ScriptedPredictor(CellsFacts(), network)


def black_image():
    labels = np.zeros((100, 150), np.int32)
    labels[40:60, 40:60] = 3
    return AnnotatedImage(np.zeros((100, 150, 3), np.uint8), labels, labels.astype(np.float32))


def pixels(path):
    with Pillow.open(path) as picture:
        return np.asarray(picture)


def test_the_region_is_around_the_cells_and_inside_the_image():
    labels = np.zeros((100, 200), np.int32)
    labels[40:61, 120:141] = 1  # around (50, 130)
    assert central_region(labels, 40) == (slice(30, 70), slice(110, 150))
    assert central_region(labels, 80) == (slice(10, 90), slice(90, 170))
    assert central_region(labels, 150) == (slice(0, 100), slice(50, 200))
    labels[:] = 0
    labels[0, 0] = 1
    assert central_region(labels, 40) == (slice(0, 40), slice(0, 40))
    assert central_region(labels * 0, 40) == (slice(30, 70), slice(80, 120))


def test_only_the_outline_of_a_cell_is_coloured():
    source = black_image()
    coloured = draw_outlines(source.image, source.labels).any(axis=-1)
    edge = np.zeros((100, 150), bool)
    edge[40:60, 40:60] = True
    edge[41:59, 41:59] = False
    np.testing.assert_array_equal(coloured, edge)


def test_pictures_show_true_and_predicted_cells(tmp_path, clock):
    pictures = OutlinePictures(tmp_path, [("a", black_image())], diameter=5.0)
    pictures.draw(7, predictor_of_a_square())
    folder = tmp_path / "00"
    assert read_json(folder / "sample.json") == {"name": "a"}
    assert pixels(folder / "image.png").shape == (100, 128, 3)  # never less than 128 wide
    assert not pixels(folder / "image.png").any()
    found = pixels(folder / "epoch-00007.png").any(axis=-1)
    assert found.sum() == 36  # the edge of 10 x 10
    assert pixels(folder / "truth.png").any(axis=-1).sum() == 76  # of 20 x 20


def test_pictures_are_drawn_every_20_seconds_and_later_less_often(tmp_path, clock):
    pictures = OutlinePictures(tmp_path, [("a", black_image())], diameter=20.0)
    for epoch, passed in enumerate((0.0, 10.0, 20.0, 39.0, 1000.0, 1040.0, 1060.0), start=1):
        clock.now = 100.0 + passed
        pictures.draw(epoch, predictor_of_a_square())
    drawn = sorted(path.stem for path in (tmp_path / "00").glob("epoch-*"))
    assert drawn == ["epoch-00001", "epoch-00003", "epoch-00005", "epoch-00007"]
