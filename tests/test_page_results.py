import csv
import io
import json
import time
import zipfile

import numpy as np
import psutil
import pytest
import tifffile

from cellseg.batches import jobs
from cellseg.batches.batch import write_done
from cellseg.batches.segmenting import segment_into
from cellseg.batches.store import BatchStore
from cellseg.images.image import Image
from cellseg.images.writing import png_bytes
from cellseg.ui.viewer import selection
from cellseg.workspace import write_json
from tests import made
from tests.fakes import BrightPredictor
from tests.pages import errors, opened, text

NAMES = ("a/one_1.tif", "b/two_2.tif", "three.tif")


@pytest.fixture(autouse=True)
def _home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


def slide(number):
    """A grey image of a large cell, a small one, and one of 10 x 10 pixels in a corner."""
    pixels = np.full((40, 50), 20, np.uint8)
    pixels[5:15, 5 : 15 + number] = 200
    pixels[20:23, 30:33] = 180
    pixels[30:40, 40:50] = 220
    return Image(pixels, "YX")


@pytest.fixture
def images(tmp_path):
    """Three segmented images of 3 cells each, in their order."""
    return [
        segment_into(BrightPredictor(), slide(number), name, tmp_path / str(number))
        for number, name in enumerate(NAMES)
    ]


@pytest.fixture
def batch(workspace, images):
    """The three images as a batch that is done."""
    model = made.model(workspace, made.dataset(workspace))
    return BatchStore(workspace).keep(images, "My slides", model)


class Page:
    """The page with a batch open; `key` names its widgets."""

    def __init__(self, batch):
        self.app = opened("results", batch=batch.id)
        self.id = batch.id

    def key(self, part):
        return f"results-{self.id}-{part}"

    def go_to(self, section):
        self.app.segmented_control(key=self.key("section")).set_value(section).run()
        assert not errors(self.app)

    def press(self, key):
        self.app.button(key=key).click().run()
        assert not errors(self.app)

    def downloads(self):
        """Each file that a button gives, by the label of the button."""
        return [button.proto.label for button in self.app.get("download_button")]

    @property
    def cells(self):
        return {metric.label: metric.value for metric in self.app.metric}["Cells"]

    def table(self, number=0):
        return self.app.dataframe[number].value

    def text(self):
        return text(self.app).replace("\\", "")


@pytest.fixture
def page(batch):
    return Page(batch)


def test_without_results_the_page_says_what_to_do():
    app = opened("results")
    assert "No results yet" in text(app)
    assert not errors(app)


def test_unknown_results_are_an_error(batch):
    app = opened("results", batch="never-was")
    assert len(errors(app)) == 1
    assert "batch" not in app.query_params
    assert any("My slides" in str(link.proto) for link in app.get("page_link"))


def test_a_batch_opens_with_its_first_image(page):
    assert page.cells == "3"
    assert page.app.selectbox(key=page.key("image")).value == "a/one_1.tif"
    assert "3 of 3 files" in page.text()
    assert len(page.app.get("bidi_component")) == 1
    assert list(page.table()["area"]) == [100, 9, 100]


def test_columns_have_their_definitions_as_help(page):
    columns = json.loads(page.app.dataframe[0].proto.columns)
    assert columns["area"]["help"] == "Pixels of the cell, in px². In files: `area`."
    assert columns["area"]["label"] == "Area (px²)"
    assert all(column["help"] for name, column in columns.items() if name != "_index")


def test_filters_act_on_table_count_and_every_image_alike(page):
    app = page.app
    app.number_input(key=page.key("filter-area-low")).set_value(10.0).run()
    assert page.cells == "2"
    assert "The filters exclude 1 of 3 cells" in page.text()
    assert list(page.table()["label"]) == [1, 3]
    app.toggle(key=page.key("filter-border")).set_value(True).run()
    assert page.cells == "1"
    page.go_to("Images")
    assert list(page.table()["Cells"]) == [1, 1, 1]
    assert list(page.table()["Excluded"]) == [2, 2, 2]
    page.press(page.key("filter-reset"))
    assert page.cells == "3"


def test_a_filter_of_any_column_and_one_that_makes_no_sense(page):
    app = page.app
    app.multiselect(key=page.key("filter-columns")).set_value(["centroid-1"]).run()
    app.number_input(key=page.key("filter-centroid-1-low")).set_value(31.0).run()
    assert page.cells == "2"
    app.number_input(key=page.key("filter-centroid-1-high")).set_value(5.0).run()
    assert page.cells == "3"
    assert "31 is above the highest 5" in app.warning[0].value


def test_the_row_of_a_selected_cell_comes_first_and_a_row_selects_its_cell(page):
    app = page.app
    app.session_state[page.key("")[:-1] + "-selected"] = (("a/one_1.tif", 3),)
    app.session_state[page.key("")[:-1] + "-top-rows"] = frozenset({("a/one_1.tif", 3)})
    app.run()
    assert list(page.table()["label"]) == [3, 1, 2]
    assert app.session_state[page.key("table")]["selection"]["rows"] == [0]
    sent = json.loads(app.get("bidi_component")[0].proto.json)
    assert sent["selected"] == [3]


def test_the_table_of_all_images(page):
    page.app.segmented_control(key=page.key("table-scope")).set_value("All images").run()
    assert list(page.table()["image"]) == [name for name in NAMES for _ in range(3)]
    assert list(page.table()["area"]) == [100, 9, 100, 110, 9, 100, 120, 9, 100]


def test_next_and_previous_open_images(page):
    page.press(page.key("step1"))
    assert page.app.selectbox(key=page.key("image")).value == "b/two_2.tif"
    assert list(page.table()["area"]) == [110, 9, 100]
    page.press(page.key("step-1"))
    assert page.app.button(key=page.key("step-1")).disabled


def figure(page):
    return json.loads(page.app.get("plotly_chart")[0].proto.spec)


def test_plots_of_one_image_and_of_groups(page):
    page.go_to("Plots")
    app = page.app
    assert page.table()["n"].tolist() == [3]
    app.segmented_control(key=page.key("plot-scope")).set_value("All images").run()
    app.segmented_control(key=page.key("plot-by-3")).set_value("Group").run()
    assert "a (1 image), b (1 image) and no group (1 image)" in page.text()
    assert [trace["name"] for trace in figure(page)["data"]] == ["a", "b", "no group"]
    app.selectbox(key=page.key("plot-group-by")).set_value("Part of the name").run()
    app.number_input(key=page.key("plot-position")).set_value(2).run()
    assert "1 (1 image), 2 (1 image) and no group (1 image)" in page.text()
    app.segmented_control(key=page.key("plot-kind")).set_value("Box plot").run()
    assert list(page.table()["group"]) == ["1", "2", "no group"]
    assert list(page.table()["max"]) == [100, 110, 120]


def test_an_invalid_grouping_is_a_warning(page):
    page.go_to("Plots")
    app = page.app
    app.segmented_control(key=page.key("plot-kind")).set_value("Counts").run()
    app.segmented_control(key=page.key("plot-by-2")).set_value("Group").run()
    app.selectbox(key=page.key("plot-group-by")).set_value("Pattern").run()
    app.text_input(key=page.key("plot-pattern")).set_value("all").run()
    assert "once, in the place of the group" in app.warning[0].value
    app.text_input(key=page.key("plot-pattern")).set_value("{}_*").run()
    assert list(page.table()["group"]) == ["one", "two", "no group"]
    assert list(page.table()["mean"]) == [3, 3, 3]


def test_a_scatter_of_all_images_knows_its_cells(page):
    page.go_to("Plots")
    page.app.segmented_control(key=page.key("plot-scope")).set_value("All images").run()
    page.app.segmented_control(key=page.key("plot-kind")).set_value("Scatter").run()
    trace = figure(page)["data"][0]
    assert trace["type"] == "scatter"
    assert "Data, CSV" in page.downloads()
    page.app.number_input(key=page.key("filter-area-low")).set_value(1000.0).run()
    assert "No cell passes the filters" in page.app.info[0].value


def masks(workspace):
    """True masks of the first two images: the second lacks a cell."""
    true = [np.where(slide(number).pixels > 100, 255, 0).astype(np.uint8) for number in range(2)]
    true[1][30:, 40:] = 0
    return [
        (f"{name}.png", png_bytes(mask), "image/png")
        for name, mask in zip(("one_1_masks", "two_2_masks"), true, strict=True)
    ]


def test_ground_truth_masks_are_added_to_results(page, workspace, batch):
    page.go_to("Compare")
    page.app.file_uploader[0].set_value(masks(workspace)).run()
    assert not errors(page.app)
    assert [segmented.has_truth for segmented in batch.images()] == [True, True, False]
    together, each = page.table(0), page.table(1)
    assert list(each["image"]) == ["b/two_2.tif", "a/one_1.tif"]
    assert list(each["ap_0.5"]) == [pytest.approx(2 / 3), 1]
    assert list(each["count_error"]) == [1, 0]
    assert list(together["method"]) == ["Pooled: all cells together", "Mean over images"]
    assert list(together["ap_0.5"]) == [pytest.approx(5 / 6), pytest.approx(5 / 6)]
    assert "2 images with a ground-truth mask" in page.text()
    assert "Scores, CSV" in page.downloads()


def test_the_threshold_recomputes_and_filters_act_on_the_scores(page, workspace, batch, images):
    true = images[0].labels().copy()
    true[5:9, 5:15] = 0  # 60 of 100 pixels are left: IoU 0.6
    batch.images()[0].set_truth(true)
    page.go_to("Compare")
    assert list(page.table(1)["f1"]) == [1]
    page.app.slider(key=page.key("truth-iou")).set_value(0.7).run()
    assert list(page.table(1)["ap_0.7"]) == [pytest.approx(2 / 4)]
    page.app.number_input(key=page.key("filter-area-low")).set_value(10.0).run()
    assert list(page.table(1)["predicted_cells"]) == [2]
    assert "The filters apply to predicted cells" in page.text()


def test_images_without_any_cell_are_counted_separately(workspace, tmp_path):
    model = made.model(workspace, made.dataset(workspace))
    empty = Image(np.zeros((20, 20), np.uint8), "YX")
    segmented = segment_into(
        BrightPredictor(), empty, "e.tif", tmp_path / "e", truth=np.zeros((20, 20), int)
    )
    page = Page(BatchStore(workspace).keep([segmented], "Empty", model))
    page.go_to("Compare")
    assert "without any true or predicted cell: not applicable" in page.text()
    for section in ("Cells", "Plots", "Download"):
        page.go_to(section)
    assert page.cells == "0"


def test_a_mask_that_matches_no_image_is_an_error(page, batch):
    page.go_to("Compare")
    page.app.file_uploader[0].set_value([("else.png", masks(None)[0][1], "image/png")]).run()
    assert "else.png belongs to no image" in errors(page.app)[0].replace("\\", "")
    assert not any(segmented.has_truth for segmented in batch.images())


def test_the_zip_has_the_chosen_files_of_the_cells_that_pass_the_filters(page, workspace):
    app = page.app
    app.number_input(key=page.key("filter-area-low")).set_value(10.0).run()
    page.go_to("Download")
    assert "6 cells in 3 images" in page.text()
    assert (
        "The filters exclude 3 cells: cells with an area below 10 px² were excluded" in page.text()
    )
    for kind in ("rois", "geojson", "coco", "ome", "mask", "probability"):
        app.checkbox(key=page.key(f"export-{kind}")).check()
    app.segmented_control(key=page.key("export-dialect")).set_value("cellprofiler").run()
    page.press(page.key("export-pack"))
    (packed,) = workspace.inbox.glob("*/downloads/my-slides_cells.zip")
    assert any(label.startswith("Download my-slides_cells.zip") for label in page.downloads())
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("measurements.csv").decode())))
        facts = json.loads(archive.read("provenance.json"))
        labels = [name for name in names if name.endswith("_labels.tif")]
        drawn = [tifffile.imread(io.BytesIO(archive.read(name))) for name in labels]
    assert {"coco.json", "methods.txt"} <= set(names)
    assert len([name for name in names if name.endswith("_rois.zip")]) == 3
    areas = [float(row["AreaShape_Area"]) for row in rows]
    assert areas == [100, 100, 110, 100, 120, 100]
    assert [np.unique(image).tolist() for image in drawn] == [[0, 1, 3]] * 3
    assert (facts["cells"], facts["cells_left_out"]) == (6, 3)
    assert facts["model"]["dataset_fingerprint"]
    app.checkbox(key=page.key("export-rois")).uncheck().run()
    assert not any(label.startswith("Download my") for label in page.downloads())


def test_one_image_can_be_downloaded(page, workspace):
    page.go_to("Download")
    page.app.segmented_control(key=page.key("export-scope")).set_value("This image").run()
    assert "3 cells in 1 image" in page.text()


def test_the_methods_paragraph_is_there_to_copy(page):
    page.app.toggle(key=page.key("filter-border")).set_value(True).run()
    page.go_to("Download")
    page.app.toggle(key=page.key("export-methods")).set_value(True).run()
    methods = page.app.code[0].value
    assert "Cells that touch the border of the image were excluded." in methods
    assert "6 cells in 3 images were measured" in methods


def test_an_entered_pixel_size_holds_for_all_images(page, batch, workspace):
    app = page.app
    size = next(field for field in app.number_input if field.label == "Pixel size, µm")
    size.set_value(0.5)
    next(button for button in app.button if button.label == "Apply to all images").click().run()
    assert "Pixel size: 0.5 µm" in page.text()
    assert list(page.table()["area_um2"]) == [25, 2.25, 25]
    app.number_input(key=page.key("filter-area-low")).set_value(3.0).run()
    assert page.cells == "2"
    assert BatchStore(workspace).get(batch.id).config.pixel_size == 0.5


def test_results_are_renamed(page, batch, workspace):
    app = page.app
    next(field for field in app.text_input if "New name" in field.label).set_value("Tuesday")
    next(button for button in app.button if button.label == "Rename").click().run()
    assert BatchStore(workspace).get(batch.id).name == "Tuesday"


def test_results_are_deleted_after_a_question(page, batch):
    app = page.app
    app.button(key="results-delete").click().run()
    app.button(key="results-delete").click()  # AppTest closes a dialog at every run
    app.button(key="confirm-delete").click().run()
    assert not batch.folder.exists()


def running(batch, done=2, **more):
    """Make a batch look as if it runs in this living process."""
    for number in range(done, len(batch.config.sources)):
        (batch.folder / "done" / f"{number:05d}.json").unlink()
    process = psutil.Process()
    status = {
        "state": "running",
        "pid": process.pid,
        "process_created": process.create_time(),
        "heartbeat": time.time(),
        "phase": "three.tif",
        "remaining_s": 125.0,
        **more,
    }
    write_json(batch.folder / "status.json", status)


def test_a_running_batch_shows_progress_and_its_first_results(batch):
    running(batch)
    page = Page(batch)
    assert "2 of 3 files, about 2 min left, three.tif" in page.text()
    assert page.app.get("progress")[0].proto.value == 66
    assert page.cells == "3"
    page.press("results-stop")
    assert (batch.folder / "stop").exists()
    assert page.app.button(key="results-stop").disabled
    assert "stopping after this image" in page.text()


def test_a_batch_without_results_shows_a_message(workspace, images, batch):
    for child in (batch.folder / "images").iterdir():
        (child / "facts.json").unlink()
    running(batch, done=0, remaining_s=None)
    page = Page(batch)
    assert "The first image appears here" in page.app.info[0].value
    assert not page.app.get("bidi_component")


@pytest.mark.parametrize("state", ["stopped", "running"])
def test_a_stopped_or_interrupted_batch_can_be_resumed(batch, monkeypatch, state):
    asked: list = []
    monkeypatch.setattr(jobs, "resume", asked.append)
    gone = {"pid": 2**22 + 1} if state == "running" else {}
    running(batch, state=state, **gone)
    page = Page(batch)
    page.press("results-resume")
    assert [one.id for one in asked] == [batch.id]


def test_failed_files_are_listed_with_their_errors(batch):
    write_done(batch.folder, 1, images=0, problem="two_2.tif is damaged; save it again.")
    page = Page(batch)
    assert "two_2.tif is damaged; save it again." in page.text()
    assert any("1 file could not be segmented" == box.label for box in page.app.expander)


def test_selected_cells_are_identified_by_image_and_label(workspace):
    import streamlit as st

    selection.select("t", [("a", 1), ("b", 2), ("a", 1)], "plot")
    assert selection.selected("t") == (("a", 1), ("b", 2))
    assert selection.labels("t", "b") == (2,)
    assert selection.top_rows("t") == {("a", 1), ("b", 2)}
    assert selection.highlighted("t") == ()
    selection.select("t", [("b", 2)], "table")
    assert selection.top_rows("t") == {("a", 1), ("b", 2)}
    assert selection.highlighted("t") == (("b", 2),)
    st.session_state.clear()
