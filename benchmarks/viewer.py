"""Speed of the viewer with a large image in a browser: `python -m benchmarks.viewer`.

The image has 4096 x 4096 pixels of 16 bits with 5,000 cells, the window 1280 x 800 pixels. Goals:
the overlay is visible 3 s after the result, and the median interval between two frames is at most
33 ms while the image is dragged and zoomed for 5 s. It needs Playwright and Chromium
(CELLSEG_CHROMIUM, default /usr/bin/chromium).
"""

import math
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.command_line import describe_machine
from benchmarks.pages import CHROMIUM_FLAGS, run_app
from benchmarks.synthetic_field import draw_field

ROUNDS = 3
SECONDS = 5.0
"""Time in which the image is moved, seconds."""

ZOOMS = {"whole image": 0, "part of the image": 6, "single cells": 12}
"""Turns of the mouse wheel before the image is moved."""

APP = """
import time
import numpy as np
import streamlit as st
from cellseg.images.image import Image
from cellseg.ui.viewer.viewer import viewer

st.set_page_config(layout="wide")


@st.cache_resource
def arrays():
    with np.load(PATH) as saved:
        return saved["pixels"], saved["labels"]


pixels, labels = arrays()
if st.button("Show"):
    st.text(f"result {time.time()}")
    viewer("field", Image(pixels, "YX"), labels, name="field", version="1", pixel_size=0.5)
"""

FRAMES = """() => {
    window.frames_seen = [];
    let last = performance.now();
    const tick = () => {
        const now = performance.now();
        window.frames_seen.push(now - last);
        last = now;
        requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
}"""


def main() -> None:
    """Print the time from the result to the overlay and to all pixels, and frame intervals."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pixels, labels = draw_field()
        np.savez(Path(folder, "field.npz"), pixels=pixels, labels=labels)
        script = Path(folder, "page.py")
        script.write_text(APP.replace("PATH", repr(str(Path(folder, "field.npz")))), "utf-8")
        print(
            f"{labels.max():,} cells, {labels.shape[0]} x {labels.shape[1]}; {describe_machine()}"
        )
        with run_app(folder, str(script)) as (address, _):
            chromium = os.environ.get("CELLSEG_CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
            times = []
            for _ in range(ROUNDS):
                page = _open(browser, address)
                times.append(_show(page))
                page.close()
            for what, seconds in zip(
                ("overlay", "all pixels"), zip(*times, strict=True), strict=True
            ):
                print(f"{what} after the result: {statistics.median(seconds):.2f} s")
            page = _open(browser, address)
            _show(page)
            page.evaluate(FRAMES)
            turned = 0
            for what, turns in ZOOMS.items():
                frames = _move(page, turns - turned)
                turned = turns
                median, most = np.percentile(frames, (50, 95))
                print(
                    f"frames over {SECONDS:.0f} s, {what}: median {median:.1f} ms, "
                    f"95 % below {most:.1f} ms, longest {max(frames):.0f} ms"
                )
            browser.close()


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    page.get_by_role("button", name="Show").wait_for(timeout=60_000)
    return page


def _show(page: Page) -> tuple[float, float]:
    """Time from the result on the server to the overlay and to all pixels, seconds."""
    page.get_by_role("button", name="Show").click()
    page.locator("canvas.view[data-overlay='1']").wait_for(timeout=60_000)
    overlay = time.time()
    page.locator("canvas.view[data-ready='1']").wait_for(timeout=60_000)
    ready = time.time()
    started = float(page.get_by_text("result ").inner_text().removeprefix("result "))
    return overlay - started, ready - started


def _move(page: Page, turns: int) -> list[float]:
    """Intervals between frames, ms, while the image is dragged and zoomed."""
    box = page.locator("canvas.view").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    page.mouse.move(x, y)
    for _ in range(turns):
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)
    page.evaluate("window.frames_seen.length = 0")
    page.mouse.down()
    started = time.monotonic()
    steps = 0
    while (elapsed := time.monotonic() - started) < SECONDS:
        page.mouse.move(x + 150 * math.sin(2 * elapsed), y + 100 * math.sin(3.4 * elapsed))
        steps += 1
        if steps % 20 == 0:
            page.mouse.wheel(0, 60 if steps // 20 % 2 else -60)
    page.mouse.up()
    return [float(interval) for interval in page.evaluate("window.frames_seen")]


if __name__ == "__main__":
    main()
