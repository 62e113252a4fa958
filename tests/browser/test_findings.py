"""Findings of a folder in a real browser: a repair on a click, a pair made by hand."""

from pathlib import Path

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.test_checks import labels, picture

pytestmark = pytest.mark.browser
ROW = 35
"""Height of a row of the table, pixels."""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Two pairs, one whose mask lies on its side, and two files without a partner."""
    root = tmp_path / "odd"
    for kind in ("images", "masks"):
        (root / kind).mkdir(parents=True)
    for n in range(3):
        Pillow.fromarray(picture(labels(n), n)).save(root / "images" / f"cell{n}.png")
        drawn = "drawn" if n == 2 else f"cell{n}"
        Pillow.fromarray(labels(n)).save(root / "masks" / f"{drawn}.png")
    long = labels(9)[:, :64]
    Pillow.fromarray(picture(long, 9)).save(root / "images" / "long.png")
    Pillow.fromarray(long.T.copy()).save(root / "masks" / "long.png")
    return root


def test_a_repair_and_a_manual_pair(server: Server, page: Page, odd: Path) -> None:
    page.set_viewport_size({"width": 1360, "height": 2200})
    page.goto(f"{server.url}/datasets")
    upload = page.locator(".st-key-dataset-upload-folder input[type=file]")
    upload.wait_for(state="attached", timeout=60_000)
    upload.set_input_files(str(odd))
    expect(page.get_by_text("Image and mask differ in size")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Save 2 pairs")).to_be_visible()
    page.get_by_role("button", name="Rotate the mask").click()
    expect(page.get_by_role("button", name="Save 3 pairs")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Image and mask differ in size")).to_be_hidden()

    page.get_by_text("pair them manually").click()
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    page.wait_for_timeout(1000)  # the expander opens slowly
    box = table.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + 0.75 * box["width"], box["y"] + 4.5 * ROW)
    page.locator("#portal").get_by_text("drawn").click()
    page.wait_for_timeout(3000)  # the table tells the server a moment later
    page.get_by_role("button", name="Apply pairing").click()
    expect(page.get_by_text("You chose which mask belongs to which image")).to_be_visible(
        timeout=60_000
    )
    expect(page.get_by_text("Images without a mask")).to_be_hidden()
