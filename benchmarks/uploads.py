"""The server's memory while 1 GB is uploaded in a browser: `python -m benchmarks.uploads [MB]`.

Once as many files and once as one zip, from the choice of the files until all pairs are read, with
the pages served by `python -m cellseg app`. Needs Playwright, a Chromium (CELLSEG_CHROMIUM, default
/usr/bin/chromium) and about 5 GB of disk.
"""

import io
import os
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import tifffile
from playwright.sync_api import Page, sync_playwright

from benchmarks.command import machine
from benchmarks.pages import FLAGS, server

SIDE = 2000
"""Images of 2000 x 2000 pixels, 16 bits: 8 MB each, which no zip makes smaller."""


def main(megabytes: int) -> None:
    """Print the memory at rest and at its highest, once for files and once for a zip."""
    print(f"uploads of {megabytes} MB; {machine()}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = _drawn(Path(folder, "files"), megabytes)
        zipped = _zipped(files, Path(folder, "all.zip"))
        chromium = os.environ.get("CELLSEG_CHROMIUM", "/usr/bin/chromium")
        for what, chosen in ((f"{len(files)} files", files), ("one zip", [zipped])):
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            with (
                tempfile.TemporaryDirectory() as home,
                server(home) as (address, process),
            ):
                page = browser.new_page()
                page.goto(f"{address}/datasets")
                _upload(page, process, what, chosen, len(files) // 2)
            browser.close()


def _upload(page: Page, process: psutil.Process, what: str, chosen: list[Path], pairs: int) -> None:
    page.get_by_role("heading", name="Datasets", level=1).wait_for()
    page.wait_for_timeout(2000)
    began = time.monotonic()
    with _watched(process) as memory:
        page.locator(".st-key-dataset-upload input[type=file]").set_input_files(chosen)
        page.locator(".st-key-dataset-upload").get_by_text(" uploaded.").wait_for(timeout=600_000)
        sent, highest = time.monotonic() - began, memory.highest
        page.get_by_text(f"{pairs} pairs").first.wait_for(timeout=1_800_000)
        read = time.monotonic() - began
    print(
        f"{what}: at rest {memory.rest / 1e6:.0f} MB; while it is sent ({sent:.0f} s) at most "
        f"{(highest - memory.rest) / 1e6:.0f} MB more; until it is read ({read:.0f} s) at most "
        f"{(memory.highest - memory.rest) / 1e6:.0f} MB more"
    )


@dataclass
class Memory:
    """Resident bytes of a process: at rest, and the highest that was seen."""

    rest: int
    highest: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def _watched(process: psutil.Process) -> Iterator[Memory]:
    memory = Memory(process.memory_info().rss)

    def watch() -> None:
        while not memory.ended.wait(0.02):
            memory.highest = max(memory.highest, process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        memory.ended.set()
        thread.join()


def _drawn(folder: Path, megabytes: int) -> list[Path]:
    """Pairs of noise and a square, of this size together."""
    folder.mkdir()
    noise = np.random.default_rng(0)
    files = []
    for number in range(max(2, round(megabytes * 1e6 / (2 * SIDE * SIDE)))):
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[number : SIDE // 2, : SIDE // 2] = 255
        image = noise.integers(0, 65536, (SIDE, SIDE), np.uint16)
        for name, array in ((f"{number}.tif", image), (f"{number}_mask.tif", mask)):
            content = io.BytesIO()
            tifffile.imwrite(content, array, compression="zlib" if array is mask else None)
            files.append(folder / name)
            files[-1].write_bytes(content.getvalue())
    return files


def _zipped(files: list[Path], target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            archive.write(file, file.name)
    return target


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
