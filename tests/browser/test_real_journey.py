import os
import re

import pytest
from playwright.sync_api import expect

from cellseg.datasets.store import DatasetStore
from cellseg.network.encoder_weights import FILE_VARIABLE
from cellseg.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.realdata]

TRAINING = 300_000


def test_from_microscope_slices_to_an_overlay(server, new_page, real_data):
    slices = real_data / "isbi2012"
    pairs = [
        *sorted((slices / "train-volume").glob("*.tif"))[:24],
        *sorted((slices / "train-labels").glob("*.tif"))[:24],
    ]
    page = new_page()
    page.goto(f"{server.url}/datasets")
    page.locator(".st-key-dataset-upload input[type=file]").set_input_files(pairs)
    save = page.get_by_role("button", name="Save 24 pairs")
    expect(save).to_be_enabled(timeout=60_000)
    page.locator(".st-key-dataset-name input").fill("membranes of a fly")
    page.locator(".st-key-dataset-save button").click()
    expect(page.get_by_text("membranes of a fly now has 24 pairs")).to_be_visible()
    (dataset,) = DatasetStore(Workspace(server.home)).all()
    assert (len(dataset.split.train), len(dataset.split.test)) == (19, 5)

    page.get_by_role("link", name="Train a model").click()
    page.get_by_role("spinbutton", name="Epochs").fill("12")
    if not os.environ.get(FILE_VARIABLE):
        page.get_by_role("combobox", name="Encoder weights").click()
        page.get_by_role("option", name="random initialization").click()
    page.locator(".st-key-train-start button").click()
    page.wait_for_url(re.compile(r"run="))
    curves = page.locator(".st-key-train-curves canvas")
    expect(curves).to_have_count(2, timeout=TRAINING)
    status = page.locator(".st-key-train-status")
    moved = re.compile(r"Epoch ([2-9]|1\d) of 12")  # the page looks every 2 s
    expect(status).to_contain_text(moved, timeout=TRAINING)
    described = page.get_by_role("img", name=re.compile("Learning curves after epoch"))
    expect(described.first).to_be_visible()
    address = page.url
    page.context.close()

    page = new_page()
    page.goto(address)
    expect(page.locator(".st-key-train-status")).to_be_visible()
    link = page.get_by_role("link", name="Segment images with this model")
    expect(link).to_be_visible(timeout=TRAINING)
    link.click()
    page.locator(".st-key-segment-upload input[type=file]").set_input_files(pairs[3])
    picture = page.locator(".st-key-segment-overlay canvas[data-scale]")
    expect(picture).to_have_attribute("data-ready", "1", timeout=90_000)
    expect(page.get_by_text("512 × 512 pixels").first).to_be_visible()
