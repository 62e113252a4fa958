"""Stacks on their way in: the form, its live preview, and what is kept."""

import numpy as np
import pytest
import tifffile
from playwright.sync_api import expect

from cellseg.datasets.store import DatasetStore
from cellseg.images.view import View
from cellseg.workspace import Workspace
from tests import made

pytestmark = pytest.mark.browser


@pytest.fixture
def folder(tmp_path):
    """Three stacks of two channels, and a mask for each."""
    for part in ("images", "masks"):
        (tmp_path / "cells" / part).mkdir(parents=True)
    for number in range(3):
        image, mask = made.squares(number)
        planes = np.stack([np.stack([image - 5 * z, np.roll(image, 9)]) for z in range(3)])
        path = tmp_path / "cells" / "images" / f"c{number}.tif"
        tifffile.imwrite(path, planes, imagej=True, metadata={"axes": "ZCYX"})
        tifffile.imwrite(tmp_path / "cells" / "masks" / f"c{number}.tif", mask)
    return tmp_path / "cells"


def test_a_plane_and_a_channel_are_chosen_with_a_preview(server, page, folder):
    page.goto(f"{server.url}/datasets")
    page.locator(".st-key-dataset-upload-folder input[type=file]").set_input_files(str(folder))
    form = page.locator(".st-key-view-form")
    expect(form.get_by_text("holds 3 planes of 2 channels, 32 × 32 pixels")).to_be_visible()
    picture = form.locator("img").first
    expect(picture).to_be_visible()
    before = picture.get_attribute("src")
    form.get_by_text("Grayscale (one channel)", exact=True).click()
    expect(picture).not_to_have_attribute("src", before)
    form.get_by_text("One plane", exact=True).click()
    expect(form.get_by_role("slider")).to_be_visible()
    form.get_by_role("button", name="Use this for all images").click()
    expect(form.get_by_role("button", name="Used for all images")).to_be_visible()
    page.locator(".st-key-dataset-save button").click()
    expect(page.get_by_text("cells now has 3 pairs")).to_be_visible()
    (kept,) = DatasetStore(Workspace(server.home)).all()
    assert kept.view == View(plane=1, channels=(0,))
    assert kept.image("c2").axes == "YX"
