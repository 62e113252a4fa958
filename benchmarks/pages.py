"""Time to open a page, and load of the server while a page shows a training: `benchmarks.pages`.

The times are from a click in the navigation until the heading of the page is visible and its script
has ended. `python -m benchmarks.pages` needs Playwright and Chromium (CELLSEG_CHROMIUM, default
/usr/bin/chromium).
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from playwright.sync_api import Page, sync_playwright

from benchmarks.command_line import ROOT, describe_machine
from cellseg.datasets.sample import create_sample
from cellseg.recipes.pixels.settings import PixelsNetwork, PixelsSettings, PixelsTraining
from cellseg.training import jobs
from cellseg.workspace import Workspace

HEADINGS = {
    "Start": "Segment cells in your own images",
    "Datasets": "Datasets",
    "Train": "Train",
    "Segment": "Segment",
    "Models": "Models",
}
"""Heading of each page, by its name in the navigation."""

CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
ROUNDS = 5
LOAD_SECONDS = 20.0
"""Time in which the load of the server is measured, seconds."""


def main() -> None:
    """Print the time of each page, and the load of the server."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Workspace(folder)
        dataset = create_sample(workspace)
        with run_app(folder) as (address, process):
            chromium = os.environ.get("CELLSEG_CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
            page = browser.new_page()
            page.goto(address)
            print(f"pages that were open before, median of {ROUNDS}; {describe_machine()}")
            _open_all(page)
            times = [_open_all(page) for _ in range(ROUNDS)]
            for title in HEADINGS:
                print(f"{title}: {statistics.median(row[title] for row in times):.2f} s")
            settings = PixelsSettings(
                network=PixelsNetwork(encoder_weights="none"),
                training=PixelsTraining(epochs=1000),
            )
            run = jobs.start(workspace, dataset, settings, "watched")
            page.goto(f"{address}/train?run={run.id}")
            while len(run.metrics()) < 2:
                time.sleep(0.5)
            load = _load(process)
            print(f"server while a page shows a training: {load:.1%} of one core")
            jobs.stop(run)
            while not run.progress().ended:
                time.sleep(0.5)
            browser.close()


def _open_all(page: Page) -> dict[str, float]:
    times = {}
    for title, heading in HEADINGS.items():
        started = time.perf_counter()
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
        page.get_by_role("heading", name=heading, level=1).wait_for()
        page.locator("[data-test-script-state=notRunning]").wait_for(state="attached")
        times[title] = time.perf_counter() - started
    return times


def _load(process: psutil.Process) -> float:
    before, started = process.cpu_times(), time.monotonic()
    time.sleep(LOAD_SECONDS)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return used / (time.monotonic() - started)


@contextmanager
def run_app(home: str, script: str | None = None) -> Iterator[tuple[str, psutil.Process]]:
    """Run the app, or another Streamlit script, on a free port; gives its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = ["cellseg", "--home", home, "app", "--port", str(port), "--no-browser"]
    if script:
        app = ["streamlit", "run", script, f"--server.port={port}"]
    process = subprocess.Popen([sys.executable, "-m", *app], cwd=ROOT, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
