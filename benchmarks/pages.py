"""How fast pages answer, and what watching a training costs: `python -m benchmarks.pages`.

Needs Playwright and a Chromium (CELLSEG_CHROMIUM, default /usr/bin/chromium). The times run from a
click in the navigation until the next page's heading is on the screen and nothing runs any more.
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

from benchmarks.command import ROOT, machine
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
"""The first heading of each page, by its name in the navigation."""

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
ROUNDS = 5
WATCHED_SECONDS = 20.0


def main() -> None:
    """Print the answer time of each warm page and the server's share of a core."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Workspace(folder)
        dataset = create_sample(workspace)
        with server(folder) as (address, process):
            chromium = os.environ.get("CELLSEG_CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page()
            page.goto(address)
            print(f"warm pages, median of {ROUNDS}; {machine()}")
            _visit_all(page)
            times = [_visit_all(page) for _ in range(ROUNDS)]
            for title in HEADINGS:
                print(f"{title}: {statistics.median(row[title] for row in times):.2f} s")
            recipe = PixelsSettings(
                network=PixelsNetwork(encoder_weights="none"),
                training=PixelsTraining(epochs=1000),
            )
            run = jobs.start(workspace, dataset, recipe, "watched")
            page.goto(f"{address}/train?run={run.id}")
            while len(run.metrics()) < 2:
                time.sleep(0.5)
            share = _share_of_core(process)
            print(f"server while one page watches a training: {share:.1%} of one core")
            jobs.stop(run)
            while not run.progress().ended:
                time.sleep(0.5)
            browser.close()


def _visit_all(page: Page) -> dict[str, float]:
    times = {}
    for title, heading in HEADINGS.items():
        began = time.perf_counter()
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
        page.get_by_role("heading", name=heading, level=1).wait_for()
        page.locator("[data-test-script-state=notRunning]").wait_for(state="attached")
        times[title] = time.perf_counter() - began
    return times


def _share_of_core(process: psutil.Process) -> float:
    before, began = process.cpu_times(), time.monotonic()
    time.sleep(WATCHED_SECONDS)
    after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return spent / (time.monotonic() - began)


@contextmanager
def server(home: str, script: str | None = None) -> Iterator[tuple[str, psutil.Process]]:
    """The app on a free port, or another script for Streamlit: its address, and its process."""
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
