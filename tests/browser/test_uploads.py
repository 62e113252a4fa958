"""Uploads through the routes of the app, in a real browser."""

import hashlib
import io
import re
import time
import zipfile

import numpy as np
import psutil
import pytest
import tifffile
from playwright.sync_api import expect

from cellseg.datasets.store import DatasetStore
from cellseg.images.writing import png_bytes
from cellseg.workspace import Workspace
from tests import made
from tests.browser.wire import wired

pytestmark = pytest.mark.browser

READING = 120_000
MANY_MEGABYTES = 300_000


@pytest.fixture
def datasets(streaming_server, page):
    """The datasets page of a fresh server."""
    return opened(page, streaming_server.url)


def opened(page, url):
    page.goto(f"{url}/datasets")
    expect(page.get_by_role("heading", name="Datasets", exact=True)).to_be_visible()
    return page


def chooser(page, key="dataset-upload"):
    return page.locator(f".st-key-{key} input[type=file]")


def save(page):
    page.locator(".st-key-dataset-save button").click()
    expect(page.get_by_text(re.compile(r"now has \d+ pairs"))).to_be_visible()


def kept(server):
    (dataset,) = DatasetStore(Workspace(server.home)).all()
    return dataset


def noisy_zip(path, pairs, side):
    """A zip of pairs whose images cannot be packed: about pairs * side * side * 2 bytes."""
    noise = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number in range(pairs):
            image = noise.integers(0, 65536, (side, side), np.uint16)
            mask = np.zeros((side, side), np.uint8)
            mask[number : side // 2, : side // 2] = 255
            archive.writestr(f"images/{number}.tif", tiff(image))
            archive.writestr(f"masks/{number}.png", png_bytes(mask))
    return path


def tiff(array):
    written = io.BytesIO()
    tifffile.imwrite(written, array)
    return written.getvalue()


def test_300_files_become_a_dataset(streaming_server, datasets, tmp_path):
    files = []
    for number in range(150):
        image, mask = made.squares(number % 18)
        image[0, 0], image[0, 1] = number, 255
        for name, array in ((f"c{number}.png", image), (f"c{number}_mask.png", mask)):
            path = tmp_path / name
            path.write_bytes(png_bytes(array))
            files.append(path)
    chooser(datasets).set_input_files(files)
    expect(datasets.get_by_text("150 pairs").first).to_be_visible(timeout=READING)
    save(datasets)
    assert len(kept(streaming_server).pairs) == 150


def test_a_folder_keeps_its_names(streaming_server, datasets, tmp_path):
    folder = tmp_path / "Hela"
    for number in range(3):
        for kind, array in zip(("images", "masks"), made.squares(number), strict=True):
            path = folder / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png_bytes(array))
    chooser(datasets, "dataset-upload-folder").set_input_files(folder)
    expect(datasets.get_by_text("3 pairs").first).to_be_visible(timeout=READING)
    save(datasets)
    dataset = kept(streaming_server)
    assert dataset.name == "Hela"
    assert {pair.image_name for pair in dataset.pairs} == {f"Hela/images/{n}.png" for n in range(3)}


@pytest.fixture
def wire(streaming_server):
    """A wire to the server that carries 3 MB a second."""
    with wired(streaming_server.port, 3e6) as wire:
        yield wire


def test_an_upload_resumes_after_a_broken_connection(streaming_server, page, wire, tmp_path):
    packed = noisy_zip(tmp_path / "cut.zip", pairs=4, side=2000)
    opened(page, wire.url)
    chooser(page).set_input_files(packed)
    expect(page.locator(".st-key-dataset-upload progress")).to_be_visible()
    page.wait_for_timeout(1500)
    wire.cut()
    expect(page.get_by_text("The connection was lost")).to_be_visible()
    workspace = Workspace(streaming_server.home)
    (part,) = workspace.inbox.glob("tab-*/part-*")
    arrived = part.stat().st_size
    assert 0 < arrived < packed.stat().st_size
    assert not DatasetStore(workspace).all()
    wire.speed = 1e9
    wire.mend()
    expect(page.get_by_text("4 pairs").first).to_be_visible(timeout=READING)
    (whole,) = workspace.inbox.glob("tab-*/*/cut.zip")
    assert sha256(whole) == sha256(packed)
    save(page)
    assert len(kept(streaming_server).pairs) == 4


def test_a_cancelled_upload_leaves_nothing(streaming_server, page, wire, tmp_path):
    packed = noisy_zip(tmp_path / "cut.zip", pairs=4, side=2000)
    opened(page, wire.url)
    chooser(page).set_input_files(packed)
    expect(page.locator(".st-key-dataset-upload progress")).to_be_visible()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled; no files were added.")).to_be_visible()
    inbox = Workspace(streaming_server.home).inbox
    deadline = time.monotonic() + 20
    while list(inbox.glob("tab-*/*")):
        assert time.monotonic() < deadline, list(inbox.rglob("*"))
        time.sleep(0.2)


def test_a_packed_dataset_comes_from_the_disk_through_its_own_address(streaming_server, page):
    made.dataset(Workspace(streaming_server.home), "Nuclei")
    opened(page, streaming_server.url)
    page.get_by_text("Export", exact=True).click()
    page.get_by_role("button", name="Create zip").click()
    address = page.get_by_role("link", name=re.compile("Download nuclei")).get_attribute("href")
    answer = page.request.get(f"{streaming_server.url}{address}")
    assert answer.status == 200
    assert "nuclei_stardist.zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body())) as archive:
        assert len(archive.namelist()) == 10
    assert page.request.get(f"{streaming_server.url}{address[:-1]}").status == 403


@pytest.mark.slow
def test_a_zip_of_500_megabytes_stays_out_of_memory(streaming_server, datasets, tmp_path):
    packed = noisy_zip(tmp_path / "large.zip", pairs=16, side=4000)
    assert packed.stat().st_size > 500e6
    process = psutil.Process(streaming_server.pid)
    rest = process.memory_info().rss
    chooser(datasets).set_input_files(packed)
    highest = rest
    shown = datasets.get_by_text("16 pairs").first
    deadline = time.monotonic() + MANY_MEGABYTES / 1000
    while not shown.is_visible() and time.monotonic() < deadline:
        highest = max(highest, process.memory_info().rss)
        datasets.wait_for_timeout(100)
    expect(shown).to_be_visible()
    assert highest - rest < 400e6


def sha256(path):
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
