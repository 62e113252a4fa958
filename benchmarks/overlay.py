"""How soon an image has its cells on the page Segment: `python -m benchmarks.overlay`.

512 x 512 pixels of 16 bits, drawn, segmented by the model that ships. The time runs from the
upload until the cells lie over the image in the browser; the first image also loads the network.
Goal: below 1 s once it is loaded. Needs Playwright and a Chromium (CELLSEG_CHROMIUM, default
/usr/bin/chromium).
"""

import os
import statistics
import tempfile
import time

import numpy as np
from playwright.sync_api import FilePayload, Page, sync_playwright

from benchmarks.command import machine
from benchmarks.pages import FLAGS, server
from cellseg.images.image import Image
from cellseg.images.synthetic import draw_cells
from cellseg.images.writing import tiff_bytes

ROUNDS = 7
SIZE, CELLS = 512, 60


def main() -> None:
    """Print the seconds of the first image and the median of those after it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        print(f"{SIZE} x {SIZE} pixels, about {CELLS} cells; {machine()}")
        with server(folder) as (address, _):
            chromium = os.environ.get("CELLSEG_CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(f"{address}/segment")
            first, *others = (_seconds(page, number) for number in range(ROUNDS + 1))
            browser.close()
        print(f"first image, with the network: {first:.2f} s")
        print(f"later images, median of {ROUNDS}: {statistics.median(others):.2f} s")


def _seconds(page: Page, number: int) -> float:
    """From the upload of an image to its cells in the browser; the image is removed after."""
    pixels, _ = draw_cells(np.random.default_rng(number), SIZE, CELLS)
    file = FilePayload(
        name=f"field {number}.tif",
        mimeType="image/tiff",
        buffer=tiff_bytes(Image(pixels, "YX")),
    )
    upload = page.locator(".st-key-segment-upload input[type=file]")
    upload.wait_for(state="attached", timeout=60_000)
    began = time.perf_counter()
    upload.set_input_files(file)
    page.locator("canvas.view[data-overlay='1']").wait_for(timeout=120_000)
    spent = time.perf_counter() - began
    page.get_by_role("button", name="Remove 1 file").click()
    page.locator("canvas.view").wait_for(state="detached", timeout=60_000)
    return spent


if __name__ == "__main__":
    main()
