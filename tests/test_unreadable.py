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
    assert f"data/{folder}" in said
    assert harmed.is_dir()


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"hello", None])
@pytest.mark.parametrize("name", ["image.png", "truth.png", "epoch-00002.png"])
def test_a_damaged_sample_picture_breaks_no_page(workspace, content, name):
    run = made.run(workspace, made.dataset(workspace))
    [picture, *_] = sorted(run.folder.glob(f"samples/*/{name}"))
    picture.unlink()
    if content is not None:
        picture.write_bytes(content)
    app = opened("train", run=run.id)
    assert not errors(app)
    assert not app.exception


def test_damaged_lines_of_metrics_are_left_out(workspace):
    run = made.run(workspace, made.dataset(workspace), epochs=3)
    path = run.folder / "metrics.jsonl"
    before = run.metrics()
    assert len(before) == 3
    lines = path.read_bytes().splitlines(keepends=True)
    harm = [b"\xff\xfe\n", b"[1]\n", b'{"loss": 1}\n', b"null\n", b'{"epoch": 9, "seconds": "x"}\n']
    path.write_bytes(b"".join([lines[0], *harm, *lines[1:], b'{"epoch": 4']))
    assert run.metrics() == before
    assert not errors(opened("train", run=run.id))


@pytest.mark.parametrize("content", [b"", b"[]", b'{"name": 3}', b"{}"])
def test_a_damaged_sample_is_left_out(workspace, content):
    run = made.run(workspace, made.dataset(workspace))
    count = len(run.samples())
    next(iter(sorted(run.folder.glob("samples/*/sample.json")))).write_bytes(content)
    assert len(run.samples()) == count - 1
    assert not errors(opened("train", run=run.id))
