import csv
import io
import json
import re
import zipfile

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from benchmarks.synthetic_field import draw_field
from cellseg.batches.segmenting import segment_into
from cellseg.batches.store import BatchStore
from cellseg.images.image import Image
from cellseg.workspace import Workspace
from tests import made
from tests.browser.conftest import Server
from tests.fakes import BrightPredictor, Cells

pytestmark = pytest.mark.browser

SIDE = 240


def slide(number):
    """Nine cells in a grid, each of its own size, the first of 6 x 6 pixels."""
    pixels = np.full((SIDE, SIDE), 20, np.uint8)
    for place in range(9):
        row, column = divmod(place, 3)
        size = 6 + 4 * place + number
        pixels[20 + 70 * row :, 20 + 70 * column :][:size, :size] = 200
    return Image(pixels, "YX", (), 0.5)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server for the tests that only look at a batch, each as a visitor of its own."""
    server = Server(tmp_path_factory.mktemp("results") / "cellseg-data")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def batch(served, tmp_path_factory):
    """Two images of nine cells, cells 1 to 9 from small to large; the first with truth."""
    workspace = Workspace(served.home)
    model = made.model(workspace, made.dataset(workspace))
    images = []
    for number, name in enumerate(("ctrl_1.tif", "drug_1.tif")):
        image = slide(number)
        true = np.where(image.pixels > 100, 1, 0)
        true[20:60, 20:60] = 0
        folder = tmp_path_factory.mktemp("segmented") / str(number)
        truth = None if number else true
        images.append(segment_into(BrightPredictor(), image, name, folder, truth=truth))
    return BatchStore(workspace).keep(images, "Plates", model)


@pytest.fixture
def opened(served, page, batch):
    """The page with the batch open and drawn."""
    return shown(served, page, batch)


def shown(server, page, batch):
    page.goto(f"{server.url}/results?batch={batch.id}")
    expect(canvas(page)).to_have_attribute("data-ready", "1")
    return page


def canvas(page):
    return page.locator("[class*='st-key-results-'][class*='-overlay'] canvas[data-scale]")


def widget(page, batch, part):
    return page.locator(f".st-key-results-{batch.id}-{part}")


def radio(page, name):
    """A choice among others; an icon may come before its name."""
    return page.get_by_role("radio", name=re.compile(rf"(^|\s){name}$"))


def selected(page):
    """The labels that are lit in the picture."""
    said = canvas(page).get_attribute("data-selected") or ""
    return sorted(int(label) for label in said.split(",") if label)


def click_on_cell(page, batch, label, **how):
    """Click on the middle of a cell in the picture."""
    table = batch.images()[0].table().set_index("label")
    scale = float(canvas(page).get_attribute("data-scale"))
    left, top = map(float, canvas(page).get_attribute("data-origin").split(","))
    x = (table["centroid-1"][label] - left) * scale
    y = (table["centroid-0"][label] - top) * scale
    canvas(page).click(position={"x": x, "y": y}, **how)


def rows(page, batch):
    """The first cell of each row of the table, as it is read to those who do not see it."""
    return widget(page, batch, "table").locator("table[role=grid] tbody tr")


def choose_row(page, batch, part, number):
    """Tick a row of a table, counted from 1; rows are 35 pixels high."""
    grid = widget(page, batch, part).locator(".dvn-scroller").first
    grid.click(position={"x": 17, "y": 35 * number + 17})


def test_a_click_on_a_cell_selects_its_row_and_a_row_selects_its_cell(opened, batch):
    click_on_cell(opened, batch, 5)
    expect(canvas(opened)).to_have_attribute("data-selected", "5")
    first = rows(opened, batch).first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(first).to_contain_text("5")

    click_on_cell(opened, batch, 8, modifiers=["Control"])
    expect(canvas(opened)).to_have_attribute("data-selected", "5,8")
    second = rows(opened, batch).nth(1)  # the picture knows at once, the table by the server
    expect(second).to_have_attribute("aria-selected", "true")

    choose_row(opened, batch, "table", 3)  # cell 1, below the two that were clicked on
    expect(canvas(opened)).to_have_attribute("data-selected", re.compile(r"\b1\b"))
    assert selected(opened) == [1, 5, 8]


def test_a_lasso_around_points_selects_their_cells(opened, batch):
    radio(opened, "Plots").click()
    radio(opened, "Scatter").click()
    # what is typed while the page still runs may be lost; of a list Playwright waits until there
    # is one plot, as the one before may still be leaving
    upright = opened.locator(".js-plotly-plot .ytitle")
    expect(upright).to_have_text(["Eccentricity"])
    widget(opened, batch, "plot-y").locator("input").fill("Perimeter (µm)")
    opened.get_by_role("option", name="Perimeter (µm)").click()
    expect(upright).to_have_text(["Perimeter (µm)"])
    plot = opened.locator(".js-plotly-plot .nsewdrag")
    plot.hover()  # waits until the new plot stands still
    box = plot.bounding_box()

    def at(x, y):
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    opened.mouse.move(*at(0.5, 0.01))
    opened.mouse.down()
    for corner in ((0.99, 0.01), (0.99, 0.6), (0.5, 0.6), (0.5, 0.01)):
        opened.mouse.move(*at(*corner), steps=8)
    opened.mouse.up()
    expect(canvas(opened)).to_have_attribute("data-selected", re.compile(r"\b9\b"))
    large = selected(opened)
    assert large == list(range(large[0], 10))
    assert large[0] > 4
    radio(opened, "Cells").click()
    expect(rows(opened, batch).first).to_have_attribute("aria-selected", "true")
    expect(rows(opened, batch).first).to_contain_text(str(large[0]))


def test_filters_act_on_picture_count_and_download_alike(opened, batch):
    expect(canvas(opened)).to_have_attribute("data-cells", "9")
    opened.get_by_text("Filters", exact=True).click()
    widget(opened, batch, "filter-area-low").locator("input").fill("50")
    opened.keyboard.press("Enter")
    kept = int((batch.images()[0].table()["area_um2"] >= 50).sum())
    assert 0 < kept < 9
    expect(canvas(opened)).to_have_attribute("data-cells", str(kept))
    expect(widget(opened, batch, "count")).to_contain_text(str(kept))
    expect(opened.get_by_text(f"The filters exclude {9 - kept} of 9 cells")).to_be_visible()

    radio(opened, "Download").click()
    scope = widget(opened, batch, "export-scope")  # the table offers such a choice too
    radio(scope, "This image").click()
    widget(opened, batch, "export-pack").get_by_role("button").click()
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Download plates_cells.zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        table = list(csv.DictReader(io.StringIO(archive.read("measurements.csv").decode())))
        facts = json.loads(archive.read("provenance.json"))
    assert len(table) == kept
    assert facts["cells_left_out"] == 9 - kept


def test_matches_of_cells_are_shown_in_the_image(opened, batch):
    radio(opened, "Compare").click()
    expect(opened.get_by_text("False positive: 1")).to_be_visible()
    expect(opened.get_by_text("Scores of each image, worst first")).to_be_visible()
    slider = widget(opened, batch, "truth-iou").get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    header = widget(opened, batch, "truth-each").locator("table[role=grid] th")
    expect(header.filter(has_text="AP 0.55")).to_have_count(1)


def test_an_image_is_opened_by_its_row(opened, batch):
    radio(opened, "Images").click()
    choose_row(opened, batch, "images", 2)
    expect(widget(opened, batch, "image").locator("input")).to_have_value("drug_1.tif")
    opened.get_by_role("button", name="Previous").click()
    expect(widget(opened, batch, "image").locator("input")).to_have_value("ctrl_1.tif")


def test_no_page_is_reloaded_and_nothing_fails(opened, batch):
    """The address keeps the batch through every section, and no sentence in red comes."""
    for section in ("Images", "Plots", "Compare", "Download", "Cells"):
        radio(opened, section).click()
        expect(radio(opened, section)).to_be_checked()
        expect(opened.get_by_test_id("stStatusWidget")).to_have_count(0)
        expect(opened.get_by_test_id("stAlertContentError")).to_have_count(0)
    assert f"batch={batch.id}" in opened.url


class Known:
    """Stands for a network: finds the cells that it was told."""

    def __init__(self, labels):
        self.labels = labels

    def cells(self, image, options=None, progress=None):
        return Cells(self.labels, (self.labels > 0).astype(np.float32))


@pytest.mark.slow
def test_a_field_of_5000_cells_is_viewed_filtered_and_downloaded(server, page, tmp_path):
    workspace = Workspace(server.home)
    image, labels = draw_field()
    model = made.model(workspace, made.dataset(workspace))
    found = segment_into(Known(labels), Image(image, "YX"), "field.tif", tmp_path / "field")
    batch = BatchStore(workspace).keep([found], "Field", model)
    shown(server, page, batch)
    expect(canvas(page)).to_have_attribute("data-cells", "5000")

    table = found.table()
    largest = int(table["label"][table["area"].argmax()])
    click_on_cell(page, batch, largest)
    expect(canvas(page)).to_have_attribute("data-selected", str(largest))
    expect(rows(page, batch).first).to_have_attribute("aria-selected", "true")
    choose_row(page, batch, "table", 2)  # cell 1, below the one that was clicked on
    expect(canvas(page)).to_have_attribute("data-selected", re.compile(r"(^|,)1(,|$)"))
    assert selected(page) == sorted([1, largest])

    page.get_by_text("Filters", exact=True).click()
    widget(page, batch, "filter-area-low").locator("input").fill("600")
    page.keyboard.press("Enter")
    kept = int((table["area"] >= 600).sum())
    assert 0 < kept < 5000
    expect(canvas(page)).to_have_attribute("data-cells", str(kept))
    radio(page, "Download").click()
    widget(page, batch, "export-pack").get_by_role("button").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download field_cells.zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        taken = tifffile.imread(io.BytesIO(archive.read("field_labels.tif")))
        lines = archive.read("measurements.csv").decode().splitlines()
    assert np.unique(taken).size - 1 == len(lines) - 1 == kept
