"""What many tests need: a workspace that vanishes, and the real data where there is any."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cellseg.images import decoding
from cellseg.images.decoding import Decoder
from cellseg.models import store
from cellseg.workspace import Workspace
from tests.decoders import Remembering, Spares
from tests.started import end_workers

REAL_DATA = "CELLSEG_TEST_DATA"
TESTS = Path(__file__).parent
SLOW = (
    "test_cells_worker.py",
    "test_devices.py",
    "browser/test_results.py",
    "browser/test_real_journey.py",
    "test_worker.py",
    "browser/test_viewer.py",
    "test_cli.py",
    "browser/test_uploads.py",
    "browser/test_shipped.py",
    "test_shipped.py",
    "browser/test_sample_journey.py",
    "test_old_files.py",
    "test_repairs.py",
    "test_predictor.py",
    "test_damaged_files.py",
    "test_imports.py",
)
"""The files that take longest, the slowest first; the others follow from first to last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files come first, so that the workers end at about the same time."""
    place = {TESTS / name: number for number, name in enumerate(SLOW)}
    items.sort(key=lambda item: place.get(item.path, len(SLOW)))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path / "cellseg-data")


@pytest.fixture(autouse=True)
def workers_end(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever becomes of a test, no worker that it started goes on after it."""
    folder: Path | None = None
    if "tmp_path" in request.fixturenames:
        folder = request.getfixturevalue("tmp_path")
    yield
    if folder is not None:
        end_workers(folder)


@pytest.fixture(scope="session")
def spares() -> Iterator[Spares]:
    """Decoders that wait for the next test."""
    spares = Spares()
    yield spares
    spares.end()


@pytest.fixture(autouse=True)
def decoders(spares: Spares, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are decoded by processes that wait, unless a test brings or looks at its own."""
    begin = Decoder.__init__

    def with_spares(self: Decoder, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        self._spare = self._spare or spares

    monkeypatch.setattr(decoding, "DecoderProcess", Remembering)
    monkeypatch.setattr(Decoder, "__init__", with_spares)


@pytest.fixture
def nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model comes with cellseg."""
    monkeypatch.setattr(store, "SHIPPED", tmp_path / "nothing-shipped")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real datasets; the tests that want it are marked `realdata`."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get(REAL_DATA) or beside)
    if not folder.is_dir():
        pytest.skip(f"There is no real data in {folder}; set {REAL_DATA} to its folder.")
    return folder
