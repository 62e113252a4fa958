"""Memory of the server while 1 GB is uploaded in a browser: `python -m benchmarks.uploads [MB]`.

The data is uploaded once as many files and once as one zip, and measured from the selection of the
files until all pairs are read. It needs Playwright, Chromium (CELLSEG_CHROMIUM, default
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

from benchmarks.command_line import describe_machine
from benchmarks.pages import CHROMIUM_FLAGS, run_app

SIDE = 2000
"""Side of the images, pixels; with 16 bits they have 8 MB each and are not compressible."""


def main(megabytes: int) -> None:
    """Print the memory before and its maximum, for files and for a zip."""
    print(f"uploads of {megabytes} MB; {describe_machine()}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = _write_pairs(Path(folder, "files"), megabytes)
        archive = _write_zip(files, Path(folder, "all.zip"))
        chromium = os.environ.get("CELLSEG_CHROMIUM", "/usr/bin/chromium")
        for what, chosen in ((f"{len(files)} files", files), ("one zip", [archive])):
            browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
            with (
                tempfile.TemporaryDirectory() as home,
                run_app(home) as (address, process),
            ):
                page = browser.new_page()
                page.goto(f"{address}/datasets")
                _upload(page, process, what, chosen, len(files) // 2)
            browser.close()


def _upload(page: Page, process: psutil.Process, what: str, chosen: list[Path], pairs: int) -> None:
    page.get_by_role("heading", name="Datasets", level=1).wait_for()
    page.wait_for_timeout(2000)
    started = time.monotonic()
    with _measured(process) as memory:
        page.locator(".st-key-dataset-upload input[type=file]").set_input_files(chosen)
        page.locator(".st-key-dataset-upload").get_by_text(" uploaded.").wait_for(timeout=600_000)
        sent, peak = time.monotonic() - started, memory.peak
        page.get_by_text(f"{pairs} pairs").first.wait_for(timeout=1_800_000)
        read = time.monotonic() - started
    print(
        f"{what}: {memory.rest / 1e6:.0f} MB before; during the upload ({sent:.0f} s) at most "
        f"{(peak - memory.rest) / 1e6:.0f} MB more; until they are read ({read:.0f} s) at most "
        f"{(memory.peak - memory.rest) / 1e6:.0f} MB more"
    )


@dataclass
class Memory:
    """Resident memory of a process, bytes: before and its maximum."""

    rest: int
    peak: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def _measured(process: psutil.Process) -> Iterator[Memory]:
    memory = Memory(process.memory_info().rss)

    def watch() -> None:
        while not memory.ended.wait(0.02):
            memory.peak = max(memory.peak, process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        memory.ended.set()
        thread.join()


def _write_pairs(folder: Path, megabytes: int) -> list[Path]:
    """Write pairs of a noise image and a mask of a square, of this total size."""
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


def _write_zip(files: list[Path], target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            archive.write(file, file.name)
    return target


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
