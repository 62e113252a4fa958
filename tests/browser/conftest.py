"""A server of the test's own, and a Chromium to look at it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.started import ended

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000
"""Milliseconds that a page may take on a busy machine."""

expect.set_options(timeout=PATIENCE)


class Server:
    """`streamlit run streamlit_app.py` on a free port; `restart` keeps the port.

    script : `streamlit_server.py` for the app as `python -m cellseg app` serves it.
    """

    def __init__(self, home: Path, script: str = "streamlit_app.py") -> None:
        self.home = home
        self.script = script
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = home / "server.log"
        self.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "streamlit", "run", self.script),
                    f"--server.port={self.port}",
                    "--server.headless=true",
                ],
                cwd=ROOT,
                env={**os.environ, "CELLSEG_HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if not self._answers():
            self.stop()
            raise TimeoutError(self.log.read_text())

    def _answers(self) -> bool:
        """Whether the server answers, within half a minute."""
        for _ in range(600):
            if self._process.poll() is not None:
                return False
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return True
            except OSError:
                time.sleep(0.05)
        return False

    def stop(self) -> None:
        with ended(self._process):
            self._process.terminate()
            self._process.wait(20)

    def restart(self) -> None:
        self.stop()
        self.start()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A fresh server on an empty workspace."""
    server = Server(tmp_path / "cellseg-data")
    yield server
    server.stop()


@pytest.fixture
def streaming_server(tmp_path: Path) -> Iterator[Server]:
    """A fresh server whose uploads go straight to the disk."""
    server = Server(tmp_path / "cellseg-data", "streamlit_server.py")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    if not CHROMIUM.is_file():
        pytest.skip(f"There is no Chromium at {CHROMIUM}.")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Opens a tab of a fresh visitor."""
    contexts = []

    def opened() -> Page:
        context = chromium.new_context(viewport={"width": 1360, "height": 1000})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Page:
    """A tab of a fresh visitor."""
    return new_page()
