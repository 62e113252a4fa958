import io
import zipfile

import numpy as np
import pytest
import tifffile

from cellseg.images.writing import png_bytes
from cellseg.ui import overlay_view, segmenting
from tests import made
from tests.pages import errors, opened, text


class Bright:
    """Stands for a network: what is bright is a cell. Counts how often it was asked."""

    def __init__(self):
        self.asked = 0

    def foreground_probability(self, image):
        self.asked += 1
        pixels = image.pixels if image.axes == "YX" else image.pixels[..., 0]
        return (pixels > 100).astype(np.float32)


@pytest.fixture(autouse=True)
def network(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))
    network = Bright()
    monkeypatch.setattr(segmenting, "predictor", lambda *_: network)
    return network


def slide(number, name=None):
    return (name or f"slide {number}.png", png_bytes(made.squares(number)[0]), "image/png")


def segmented(workspace, *files):
    made.model(workspace, made.dataset(workspace))
    app = opened("segment")
    app.file_uploader[0].set_value(list(files)).run()
    return app


def test_without_a_model_the_page_says_what_to_do():
    app = opened("segment")
    assert "No trained model yet" in text(app)
    assert not app.file_uploader


def test_with_a_model_the_page_waits_for_images(workspace):
    made.model(workspace, made.dataset(workspace))
    app = opened("segment")
    assert app.selectbox(key="segment-model").value.name == "first"
    assert "Bring one or more images" in app.info[0].value


def test_the_address_chooses_the_model(workspace):
    dataset = made.dataset(workspace)
    wished = made.model(workspace, dataset, "one")
    made.model(workspace, dataset, "two")
    app = opened("segment", model=wished.id)
    assert app.selectbox(key="segment-model").value.id == wished.id


def test_an_image_gets_a_count_and_an_overlay(workspace):
    app = segmented(workspace, slide(0))
    assert {metric.label: metric.value for metric in app.metric} == {"Cells": "1"}
    assert len(app.get("image")) == 1
    assert "32 × 32 pixels, 9.8% are cells" in text(app)
    labels = [button.label for button in app.get("download_button")]
    assert labels == ["Mask, PNG", "Overlay, PNG", "Labels, TIFF"]


def test_looking_differently_does_not_predict_again(workspace, network):
    app = segmented(workspace, slide(0))
    assert network.asked == 1
    app.slider(key="segment-opacity").set_value(0.9).run()
    app.segmented_control(key="segment-style").set_value("Outline").run()
    app.segmented_control(key="segment-view").set_value("Mask").run()
    assert network.asked == 1
    assert app.slider(key="segment-opacity").disabled


def test_several_images_get_a_table(workspace):
    app = segmented(workspace, slide(0), slide(1), slide(2))
    assert list(app.dataframe[0].value["Cells"]) == [1, 1, 1]
    app.selectbox(key="segment-image").set_value(2).run()
    assert not errors(app)


def test_a_bad_file_is_one_sentence_and_the_others_are_segmented(workspace):
    app = segmented(workspace, slide(0), ("broken.png", b"no picture", "image/png"))
    assert len(errors(app)) == 1
    assert "broken.png" in errors(app)[0].replace("\\", "")
    assert len(app.get("image")) == 1


def test_remove_forgets_the_images(workspace):
    app = segmented(workspace, slide(0))
    next(button for button in app.button if button.label == "Remove 1 image").click().run()
    assert not app.metric
    assert app.info


def test_all_labels_are_packed_and_equal_names_get_a_number(workspace, tmp_path):
    labels = np.zeros((4, 5), np.int32)
    labels[1:3, 1:3] = 7
    np.save(tmp_path / "labels.npy", labels)
    results = [
        segmenting.Segmented(name, tmp_path, 4, 5, 1, 0.2) for name in ("a/x.tif", "b\\X.png", "y")
    ]
    with zipfile.ZipFile(io.BytesIO(overlay_view.packed(results))) as archive:
        assert archive.namelist() == ["x_labels.tif", "X_2_labels.tif", "y_labels.tif"]
        read = tifffile.imread(io.BytesIO(archive.read("x_labels.tif")))
    np.testing.assert_array_equal(read, labels)
    assert read.dtype == np.uint16
