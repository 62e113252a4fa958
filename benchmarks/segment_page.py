"""Time to segment an image on the page Segment: `python -m benchmarks.segment_page`.

The synthetic images have 512 x 512 pixels of 16 bits and are segmented by the shipped model. The
time is from the upload until the overlay is visible in the browser; for the first image the network
is loaded, too. Goal: below 1 s for later images. It needs Playwright and Chromium
(CELLSEG_CHROMIUM, default /usr/bin/chromium).
"""

import os
import statistics
import tempfile
import time

import numpy as np
from playwright.sync_api import FilePayload, Page, sync_playwright

from benchmarks.command_line import describe_machine
from benchmarks.pages import CHROMIUM_FLAGS, run_app
from cellseg.images.image import Image
from cellseg.images.synthetic import draw_cells
from cellseg.images.writing import tiff_bytes

ROUNDS = 7
SIZE, CELLS = 512, 60
"""Size of the images, pixels, and number of cells to draw."""


def main() -> None:
    """Print the time of the first image and the median of later ones."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        print(f"{SIZE} x {SIZE} pixels, about {CELLS} cells; {describe_machine()}")
        with run_app(folder) as (address, _):
            chromium = os.environ.get("CELLSEG_CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(f"{address}/segment")
            first, *others = (_seconds(page, number) for number in range(ROUNDS + 1))
            browser.close()
        print(f"first image, with the network: {first:.2f} s")
        print(f"later images, median of {ROUNDS}: {statistics.median(others):.2f} s")


def _seconds(page: Page, number: int) -> float:
    """Time from the upload of an image to its overlay, seconds; the image is removed afterwards."""
    pixels, _ = draw_cells(np.random.default_rng(number), SIZE, CELLS)
    file = FilePayload(
        name=f"field {number}.tif",
        mimeType="image/tiff",
        buffer=tiff_bytes(Image(pixels, "YX")),
    )
    upload = page.locator(".st-key-segment-upload input[type=file]")
    upload.wait_for(state="attached", timeout=60_000)
    started = time.perf_counter()
    upload.set_input_files(file)
    page.locator("canvas.view[data-overlay='1']").wait_for(timeout=120_000)
    elapsed = time.perf_counter() - started
    page.get_by_role("button", name="Remove 1 file").click()
    page.locator("canvas.view").wait_for(state="detached", timeout=60_000)
    return elapsed


if __name__ == "__main__":
    main()
