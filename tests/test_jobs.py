"""Starting trainings, without the process: what a run is asked to do."""

import time

import psutil
import pytest

from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError, TrainingActive
from cellseg.network import encoder_weights
from cellseg.recipes.base import STARTUP_SECONDS
from cellseg.recipes.pixels.settings import PixelsNetwork, PixelsSettings, PixelsTraining
from cellseg.training import jobs
from cellseg.workspace import write_json
from tests import made

FROM_NONE = PixelsSettings(network=PixelsNetwork(encoder_weights="none"))


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    """Runs are written, and no worker is started."""
    monkeypatch.setattr(jobs, "_launch", lambda run: None)


def ended(run):
    me = psutil.Process()
    facts = {"state": "finished", "pid": me.pid, "process_created": me.create_time()}
    write_json(run.folder / "status.json", {**facts, "heartbeat": time.time()})


def test_a_new_split_is_for_later_runs_only(workspace):
    dataset = made.dataset(workspace)
    first = jobs.start(workspace, dataset, FROM_NONE, "first")
    ended(first)
    other = dataset.split.train[0]
    divided = DatasetStore(workspace).set_test_pairs(dataset.id, [other])
    second = jobs.start(workspace, divided, FROM_NONE, "second")
    assert second.config.test == (other,)
    assert first.config.test == dataset.split.test != (other,)


def test_a_test_fraction_is_for_one_run_only(workspace):
    dataset = made.dataset(workspace)
    run = jobs.start(workspace, dataset, FROM_NONE, "first", test_fraction=0.4)
    assert len(run.config.test) == 2
    assert DatasetStore(workspace).get(dataset.id).split == dataset.split


def test_only_one_training_runs_at_a_time(workspace):
    dataset = made.dataset(workspace)
    first = jobs.start(workspace, dataset, FROM_NONE, "first")
    with pytest.raises(TrainingActive) as refused:
        jobs.start(workspace, dataset, FROM_NONE, "second")
    assert refused.value.run_id == first.id
    ended(first)
    jobs.start(workspace, dataset, FROM_NONE, "second")


def test_no_training_images_are_an_error(workspace):
    dataset = made.dataset(workspace)
    with pytest.raises(CellsegError, match="up to, but not including, 1"):
        jobs.start(workspace, dataset, FROM_NONE, "m", test_fraction=1.0)


def test_only_the_sample_dataset_falls_back_to_random_weights(workspace, monkeypatch):
    dataset = made.dataset(workspace)
    monkeypatch.setattr(encoder_weights, "available", lambda *_: False)
    assert jobs.default_encoder_weights(dataset) == "imagenet"
    drawn = type(dataset)(dataset.folder, dataset.record.model_copy(update={"sample": True}))
    assert jobs.default_encoder_weights(drawn) == "none"
    monkeypatch.setattr(encoder_weights, "available", lambda *_: True)
    assert jobs.default_encoder_weights(drawn) == "imagenet"


def test_an_estimate_grows_with_epochs_and_uses_the_last_run(workspace):
    dataset = made.dataset(workspace)
    short = FROM_NONE.model_copy(update={"training": PixelsTraining(epochs=10)})
    guess = [jobs.estimate_seconds(workspace, recipe, 8, 3) for recipe in (short, FROM_NONE)]
    assert guess[0] < guess[1]
    run = jobs.start(workspace, dataset, FROM_NONE, "first")  # 4 train, 1 tests
    lines = '{"epoch": 1, "seconds": 30.0}\n{"epoch": 2, "seconds": 13.0}\n'
    (run.folder / "metrics.jsonl").write_text(lines)
    expected = STARTUP_SECONDS + 13.0 / (4 + 1 / 3) * 9 * 10
    assert jobs.estimate_seconds(workspace, short, 8, 3) == pytest.approx(expected)
