"""One damaged entry of a store breaks no other, and its page names it with what to do."""

from typing import Any

import pytest

from cellseg.batches.store import BatchStore
from cellseg.datasets.store import DatasetStore
from cellseg.models.store import ModelStore
from cellseg.training.runs import RunStore
from tests import made
from tests.pages import errors, opened

pytestmark = pytest.mark.usefixtures("nothing_shipped")

STORES: dict[str, tuple[Any, str, str]] = {
    "datasets": (DatasetStore, "datasets", "dataset.json"),
    "train": (RunStore, "runs", "run.json"),
    "models": (ModelStore, "models", "model.json"),
    "results": (BatchStore, "batches", "batch.json"),
}


@pytest.fixture(autouse=True)
def home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


@pytest.mark.parametrize("page", STORES)
@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[1]", b'{"name": 3}', b"\xff\xfe\x00", None]
)
def test_it_is_named_and_the_others_are_there(workspace, page, content):
    kind, folder, record = STORES[page]
    dataset = made.dataset(workspace)
    made.run(workspace, dataset)
    made.model(workspace, dataset)
    before = len(kind(workspace).all())
    harmed = getattr(workspace, folder) / "harmed"
    harmed.mkdir(parents=True)
    if content is not None:
        (harmed / record).write_bytes(content)
    assert len(kind(workspace).all()) == before
    assert kind(workspace).unreadable() == ["harmed"]
    app = opened(page)
    assert not errors(app)
    [said] = [one.value for one in app.warning if "not shown" in one.value]
    assert "harmed" in said
    assert "They lie untouched in" in said
    assert harmed.is_dir()
