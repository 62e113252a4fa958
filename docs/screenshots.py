"""Take the documents' pictures from the running app: `python docs/screenshots.py [EPOCHS]`.

Makes a workspace of its own with the sample dataset, trains a model on it, opens every page in a
light and a dark browser, and writes `docs/screenshots/PAGE-light.png` and `PAGE-dark.png`.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cellseg.datasets.dataset import Dataset  # noqa: E402
from cellseg.datasets.sample import create_sample  # noqa: E402
from cellseg.images.writing import tiff_bytes  # noqa: E402
from cellseg.recipes.pixels.settings import PixelsNetwork, PixelsSettings, PixelsTraining  # noqa: E402
from cellseg.training import jobs  # noqa: E402
from cellseg.training.runs import Run  # noqa: E402
from cellseg.workspace import Workspace  # noqa: E402

TARGET = Path(__file__).with_name("screenshots")
CHROMIUM = "/usr/bin/chromium"
WINDOW: ViewportSize = {"width": 1280, "height": 1000}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
EPOCHS = 30
DRAWN = "[class*='-overlay'] canvas[data-ready='1']"
"""An image with its cells, when the browser has drawn it."""


def main() -> None:
    """Train, open, take."""
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else EPOCHS
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        workspace = Workspace(home)
        dataset = create_sample(workspace)
        run = trained(workspace, dataset, epochs)
        slides = written_slides(dataset, Path(home))
        with served(home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            for scheme in SCHEMES:
                take_all(browser, address, scheme, run, slides)
            browser.close()


def trained(workspace: Workspace, dataset: Dataset, epochs: int) -> Run:
    """A run on the sample that has ended, its encoder from scratch as without a network."""
    recipe = PixelsSettings(
        network=PixelsNetwork(encoder_weights="none"), training=PixelsTraining(epochs=epochs)
    )
    run = jobs.start(workspace, dataset, recipe, "my nuclei")
    while not (progress := run.progress()).ended:
        print(f"\r{progress.phase}, epoch {progress.epoch} of {epochs} ", end="", flush=True)
        time.sleep(1)
    print(f"\n{progress.state}: {progress.message or progress.model_id}")
    return run


def written_slides(dataset: Dataset, folder: Path) -> list[Path]:
    """Three test images as the files that a user would bring."""
    slides = []
    for number, name in enumerate(dataset.split.test[:3], start=1):
        slide = folder / f"slide {number}.tif"
        slide.write_bytes(tiff_bytes(dataset.image(name)))
        slides.append(slide)
    return slides


@contextmanager
def served(home: str) -> Iterator[str]:
    """The app on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_server.py"]
    server = subprocess.Popen(
        [*command, f"--server.port={port}"],
        cwd=ROOT,
        env={**os.environ, "CELLSEG_HOME": home},
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        while not healthy(address):
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def healthy(address: str) -> bool:
    """Whether the server answers."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def take_all(
    browser: Browser,
    address: str,
    scheme: Literal["light", "dark"],
    run: Run,
    slides: list[Path],
) -> None:
    """A picture of every page in one colour scheme."""
    context = browser.new_context(viewport=WINDOW, color_scheme=scheme)
    context.set_default_timeout(120_000)
    page = context.new_page()
    model = run.progress().model_id
    for name, query in (
        ("start", ""),
        ("datasets", ""),
        ("train", f"run={run.id}"),
        ("models", f"model={model}"),
        ("segment", f"model={model}"),
    ):
        page.goto(f"{address}/{name}?{query}")
        page.get_by_role("heading", level=1).wait_for()
        if name == "train":
            page.locator(".st-key-train-curves canvas").first.wait_for()
        if name == "segment":
            page.locator(".st-key-segment-upload input[type=file]").set_input_files(slides)
            page.locator(DRAWN).wait_for()
        take(page, TARGET / f"{name}-{scheme}.png")
    keep(page)
    take(page, TARGET / f"results-{scheme}.png")
    context.close()


def keep(page: Page) -> None:
    """From the page Segment to the page Results, with a plot of what was kept."""
    page.get_by_role("button", name="Save results").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/results?batch=*")
    page.locator(DRAWN).wait_for()
    page.get_by_role("radio", name="Plots").click()
    page.get_by_role("radio", name="Scatter").click()
    page.get_by_test_id("stPlotlyChart").locator(".main-svg").first.wait_for()
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    page.wait_for_timeout(2000)
    page.get_by_test_id("stPlotlyChart").scroll_into_view_if_needed()


def take(page: Page, path: Path) -> None:
    """One picture, when nothing on the page moves any more."""
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    page.wait_for_timeout(2000)
    page.screenshot(path=path)
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
