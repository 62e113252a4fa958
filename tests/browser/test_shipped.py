"""The first image of a newcomer: cells without training, and a long look that is stopped."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from cellseg.images.image import Image
from cellseg.images.synthetic import draw_cells
from cellseg.images.writing import tiff_bytes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOADING = 90_000


def drawn(size, cells):
    pixels, _ = draw_cells(np.random.default_rng(5), size, cells)
    return {
        "name": f"field {size}.tif",
        "mimeType": "image/tiff",
        "buffer": tiff_bytes(Image(pixels, "YX")),
    }


def test_a_first_image_gets_cells_and_a_long_one_can_be_stopped(server, page):
    page.goto(f"{server.url}/segment")
    expect(page.get_by_role("combobox", name="Model")).to_have_value("nuclei")
    upload = page.locator(".st-key-segment-upload input[type=file]")
    upload.set_input_files(drawn(256, 20))
    picture = page.locator(".st-key-segment-overlay canvas[data-scale]")
    expect(picture).to_have_attribute("data-ready", "1", timeout=LOADING)
    counted = page.locator(".st-key-segment-count")
    expect(counted).to_contain_text(re.compile(r"[1-9]"))

    page.get_by_role("button", name=re.compile("Remove 1 file")).click()
    page.get_by_text("Options", exact=True).click()
    tile = page.locator(".st-key-segment-tile input")
    tile.fill("64")
    tile.press("Enter")
    upload.set_input_files(drawn(2048, 200))
    page.locator(".st-key-segment-stop button").click(timeout=LOADING)
    expect(page.get_by_text("Stopped; 1 file not segmented.")).to_be_visible()
    expect(counted).to_have_count(0)

    tile.fill("1024")
    tile.press("Enter")
    expect(picture).to_have_attribute("data-ready", "1", timeout=LOADING)
