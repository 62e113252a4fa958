import io
import zipfile

import numpy as np
import pytest
import tifffile

from cellseg.batches import jobs
from cellseg.batches.segmenting import segment_into
from cellseg.batches.store import BatchStore
from cellseg.images.image import Image
from cellseg.images.writing import png_bytes
from cellseg.models.store import ModelStore
from cellseg.ui.segment import inputs, segmenting
from tests import made
from tests.fakes import BrightPredictor
from tests.pages import errors, opened, text

pytestmark = pytest.mark.usefixtures("nothing_shipped")


@pytest.fixture(autouse=True)
def network(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))
    network = BrightPredictor()
    monkeypatch.setattr(segmenting, "cached_predictor", lambda *_: network)
    return network


def slide(number, name=None):
    return (name or f"slide {number}.png", png_bytes(made.squares(number)[0]), "image/png")


def with_model(workspace):
    made.model(workspace, made.dataset(workspace))
    return opened("segment")


def segmented(workspace, *files):
    app = with_model(workspace)
    app.file_uploader[0].set_value(list(files)).run()
    return app


def cells_of(app):
    return {metric.label: metric.value for metric in app.metric}["Cells"]


def go_to(app, section):
    app.segmented_control(key="segment-section").set_value(section).run()
    assert not errors(app)


def press(app, label):
    next(button for button in app.button if button.label == label).click().run()


def test_without_a_model_the_page_says_what_to_do():
    app = opened("segment")
    assert "No model yet" in text(app)
    assert not app.file_uploader


def test_with_a_model_the_page_waits_for_images(workspace):
    app = with_model(workspace)
    assert app.selectbox(key="segment-model").value.name == "first"
    assert "Add one or more images" in app.info[0].value


def test_the_address_chooses_the_model(workspace):
    dataset = made.dataset(workspace)
    chosen = made.model(workspace, dataset, "one")
    made.model(workspace, dataset, "two")
    app = opened("segment", model=chosen.id)
    assert app.selectbox(key="segment-model").value.id == chosen.id


def test_a_missing_model_is_an_error_and_not_replaced(workspace, network):
    made.model(workspace, made.dataset(workspace), "one")
    app = opened("segment", model="gone")
    assert "There is no model gone in this workspace" in errors(app)[0]
    assert not app.file_uploader
    app.selectbox(key="segment-model-gone").set_value("one").run()
    assert not errors(app)
    assert app.query_params["model"] == "one"
    assert app.file_uploader
    app.run()
    assert app.selectbox(key="segment-model").value.name == "one"


def test_a_model_that_is_deleted_meanwhile_is_an_error(workspace, network):
    dataset = made.dataset(workspace)
    kept, deleted = (made.model(workspace, dataset, name) for name in ("kept", "deleted"))
    app = opened("segment", model=deleted.id)
    app.file_uploader[0].set_value([slide(0)]).run()
    assert cells_of(app) == "1"
    ModelStore(workspace).delete(deleted)
    app.run()
    assert f"There is no model {deleted.id} in this workspace" in errors(app)[0]
    assert not app.metric
    assert app.selectbox(key=f"segment-model-{deleted.id}").options == [kept.name]


def test_an_image_gets_a_count_and_an_overlay_at_once(workspace):
    app = segmented(workspace, slide(0))
    assert cells_of(app) == "1"
    assert len(app.get("bidi_component")) == 1
    assert "32 × 32 pixels; cells cover 9.8%" in text(app)
    assert list(app.dataframe[0].value["area"]) == [100]


def test_other_filters_and_colours_do_not_predict_again(workspace, network):
    app = segmented(workspace, slide(0))
    app.selectbox(key="segment-colour").set_value("area").run()
    app.number_input(key="segment-filter-area-low").set_value(101.0).run()
    go_to(app, "Plots")
    assert network.calls == 1
    assert cells_of(app) == "0"


def test_several_images_get_a_table(workspace):
    app = segmented(workspace, slide(0), slide(1), slide(2))
    go_to(app, "Images")
    assert list(app.dataframe[0].value["Cells"]) == [1, 1, 1]
    press(app, "Next")
    assert app.selectbox(key="segment-image").value == "slide 1.png"
    assert not errors(app)


def test_equal_names_are_told_apart(workspace):
    app = segmented(workspace, slide(0, "A.png"), slide(1, "a.png"))
    assert app.selectbox(key="segment-image").options == ["A.png", "a (2).png"]


def test_the_same_image_under_another_name_has_that_name(workspace, network):
    app = segmented(workspace, slide(0, "one.png"))
    app.file_uploader[0].set_value([slide(0, "two.png")]).run()
    assert app.selectbox(key="segment-image").options == ["one.png", "two.png"]
    assert network.calls == 1


def test_saved_results_have_the_names_of_the_page(workspace):
    app = segmented(workspace, slide(0, "a.png"), slide(1, "a.png"), slide(0, "b.png"))
    press(app, "Save")
    (batch,) = BatchStore(workspace).all()
    assert [image.name for image in batch.images()] == ["a.png", "a (2).png", "b.png"]
    assert [set(image.table()["image"]) for image in batch.images()] == [
        {"a.png"},
        {"a (2).png"},
        {"b.png"},
    ]


def test_an_unreadable_file_is_an_error_and_the_others_are_segmented(workspace):
    app = segmented(workspace, slide(0), ("broken.png", b"no picture", "image/png"))
    assert len(errors(app)) == 1
    assert "broken.png" in errors(app)[0].replace("\\", "")
    assert cells_of(app) == "1"


def test_remove_forgets_the_images(workspace):
    app = segmented(workspace, slide(0))
    press(app, "Remove 1 file")
    assert not app.metric
    assert app.info


def test_a_pixel_size_gives_micrometres_without_another_prediction(workspace, network):
    app = segmented(workspace, slide(0))
    app.number_input(key="segment-pixel-size").set_value(0.5).run()
    assert "Pixel size: 0.5 µm" in text(app)
    assert list(app.dataframe[0].value["area_um2"]) == [25]
    assert network.calls == 1


def test_options_and_filters_outlast_another_page(workspace):
    app = segmented(workspace, slide(0))
    app.number_input(key="segment-pixel-size").set_value(0.5).run()
    app.number_input(key="segment-filter-area-low").set_value(26.0).run()
    app.toggle(key="segment-filter-border").set_value(True).run()
    assert cells_of(app) == "0"
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/segment.py").run()
    assert app.number_input(key="segment-pixel-size").value == 0.5
    assert app.number_input(key="segment-filter-area-low").value == 26.0
    assert app.toggle(key="segment-filter-border").value
    assert cells_of(app) == "0"


def test_a_batch_that_cannot_start_leaves_the_way_back(workspace):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("notes.txt", "none")
    app = segmented(workspace, ("a.zip", packed.getvalue(), "application/zip"))
    app.button(key="segment-batch").click().run()
    assert "The files hold no image" in errors(app)[0]
    press(app, "Remove 1 file")
    assert not errors(app)


def test_the_labels_are_packed_with_where_they_come_from(workspace):
    app = segmented(workspace, slide(0, "x.png"))
    go_to(app, "Download")
    app.button(key="segment-export-pack").click().run()
    assert not errors(app)
    (packed,) = workspace.inbox.glob("*/downloads/x_cells.zip")
    assert "Download" in app.get("download_button")[-1].label
    with zipfile.ZipFile(packed) as archive:
        assert {"x_labels.tif", "x_overlay.png", "measurements.csv", "methods.txt"} <= set(
            archive.namelist()
        )
        labels = tifffile.imread(io.BytesIO(archive.read("x_labels.tif")))
    np.testing.assert_array_equal(labels, made.squares(0)[1] > 0)
    assert labels.dtype == np.uint16


def test_results_are_saved_as_a_batch(workspace):
    app = segmented(workspace, slide(0), slide(1))
    name = next(field for field in app.text_input if field.label == "Name of the results")
    name.set_value("Monday")
    press(app, "Save")
    (batch,) = BatchStore(workspace).all()
    assert batch.name == "Monday"
    assert [image.cells for image in batch.images()] == [1, 1]
    assert batch.progress().state == "done"
    assert "2 images saved as Monday" in text(app)
    assert app.query_params["batch"] == batch.id


@pytest.fixture
def started(workspace, monkeypatch):
    """The calls that start a batch; a finished batch takes the place of each."""
    calls = []

    def start(workspace, sources, model, options=None, name="", pixel_size=None, **more):
        calls.append((sources, name, pixel_size))
        image = Image(made.squares(0)[0], "YX")
        folder = workspace.root / "segmented"
        segmented = segment_into(BrightPredictor(), image, "x.png", folder)
        return BatchStore(workspace).keep([segmented], "Batch", model)

    monkeypatch.setattr(jobs, "start", start)
    return calls


def test_many_files_go_into_the_background(workspace, network, started):
    app = segmented(workspace, *(slide(n % 10) for n in range(inputs.MAX_FILES_ON_PAGE + 1)))
    assert network.calls == 0
    assert "13 images" in text(app)
    app.number_input(key="segment-pixel-size").set_value(0.25).run()
    app.text_input(key="segment-batch-name").set_value("All slides").run()
    app.button(key="segment-batch").click().run()
    ((sources, name, size),) = started
    assert (len(sources), name, size) == (13, "All slides", 0.25)
    assert app.query_params["batch"]
    assert app.title[0].value == "Results"


def test_one_of_many_can_be_tried_first(workspace, network):
    app = segmented(workspace, *(slide(n % 10, f"{n}.png") for n in range(13)))
    app.selectbox(key="segment-try").set_value("3.png").run()
    assert network.calls == 1
    assert cells_of(app) == "1"


def test_a_zip_is_segmented_in_the_background(workspace, started):
    app = segmented(workspace, ("slides.zip", b"zip", "application/zip"), slide(0))
    assert app.button(key="segment-batch").label == ("Segment 1 image and the images of 1 zip")


def test_a_dataset_is_segmented_in_the_background(workspace, started):
    app = with_model(workspace)
    app.selectbox(key="segment-dataset").select_index(0).run()
    app.button(key="segment-batch").click().run()
    assert started[0][0].name == "Nuclei"


def test_a_folder_on_the_server_is_segmented_in_the_background(
    workspace, started, tmp_path, monkeypatch
):
    (tmp_path / "slides").mkdir()
    (tmp_path / "slides" / "a.png").write_bytes(slide(0)[1])
    (tmp_path / "slides" / "notes.txt").write_text("no image")
    monkeypatch.setenv("CELLSEG_IMPORT_ROOTS", str(tmp_path / "slides"))
    app = with_model(workspace)
    app.selectbox(key="segment-server").select_index(0).run()
    app.button(key="segment-batch").click().run()
    assert [upload.name for upload in started[0][0]] == ["slides/a.png"]
