import io
import re
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from cellseg.datasets.store import DatasetStore
from cellseg.images.writing import tiff_bytes
from cellseg.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TRAINING = 240_000
LOADING = 90_000


def test_from_start_to_an_overlay(server, new_page):
    page = new_page()
    page.goto(server.url)
    page.locator(".st-key-start-sample button").click()
    page.get_by_role("link", name="Train on this dataset").click()

    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    page.get_by_role("spinbutton", name="Epochs").fill("2")
    page.locator(".st-key-train-start button").click()
    status = page.locator(".st-key-train-status")
    expect(status).to_be_visible()
    expect(page.locator(".st-key-train-stop button")).to_be_visible()
    page.wait_for_url(re.compile(r"run="))
    address = page.url

    # The training goes on without a browser and without the server, and both find it again.
    page.context.close()
    server.restart()
    page = new_page()
    page.goto(address)
    expect(status_of(page)).to_contain_text("Epoch", timeout=LOADING)
    expect(page.locator(".st-key-train-curves canvas")).to_have_count(2)
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=TRAINING)
    expect(page.locator(".st-key-train-curves canvas")).to_have_count(2)

    page.get_by_role("link", name="Segment images with this model").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("sample")
    page.locator(".st-key-segment-upload input[type=file]").set_input_files(
        {"name": "a slide, 1.tif", "mimeType": "image/tiff", "buffer": drawn(server)}
    )
    picture = page.locator(".st-key-segment-overlay canvas[data-scale]")
    expect(picture).to_have_attribute("data-ready", "1", timeout=LOADING)
    expect(page.locator(".st-key-segment-count")).to_contain_text(re.compile(r"\d"))

    page.locator(".st-key-segment-section").get_by_text("Download", exact=True).click()
    page.locator(".st-key-segment-export-pack button").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download a-slide-1_cells.zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        labels = labels_in(archive.read("a slide, 1_labels.tif"))
    assert labels.shape == (256, 256)
    assert labels.dtype == np.uint16


def test_a_model_is_deleted_only_after_a_question(server, page):
    from tests import made

    workspace = Workspace(server.home)
    model = made.model(workspace, made.dataset(workspace))
    page.goto(f"{server.url}/models")
    page.get_by_test_id("stMain").get_by_role("link", name="first").click()
    expect(page.get_by_text("Dataset fingerprint")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/models?model={model.id}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert model.folder.is_dir()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The model first was deleted")).to_be_visible()
    assert not model.folder.exists()


def status_of(page):
    return page.locator(".st-key-train-status")


def drawn(server) -> bytes:
    sample = DatasetStore(Workspace(server.home)).all()[0]
    return tiff_bytes(sample.image(sample.split.test[0]))


def labels_in(content: bytes) -> np.ndarray:
    import tifffile

    return tifffile.imread(io.BytesIO(content))
