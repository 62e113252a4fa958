"""The training worker as a process: start, end, stop, kill, outlive its starter."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError, TrainingActive
from cellseg.images.image import Image
from cellseg.models.store import ModelStore
from cellseg.recipes.pixels.settings import (
    PixelsNetwork,
    PixelsPreprocessing,
    PixelsSettings,
    PixelsTraining,
)
from cellseg.training import jobs
from cellseg.training.runs import RunStore

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
PATIENCE = 180.0


def recipe(epochs=2, **network):
    small = {"encoder_weights": "none", "alpha": 0.35, "decoder_filters": (16, 8, 8, 8), **network}
    return PixelsSettings(
        preprocessing=PixelsPreprocessing(image_size=32),
        network=PixelsNetwork(**small),
        training=PixelsTraining(epochs=epochs),
    )


@pytest.fixture
def dataset(workspace):
    """Six images of one bright square each, with its mask."""
    rng = np.random.default_rng(0)
    proposal = Proposal.create(workspace)
    for index in range(6):
        mask = np.zeros((40, 48), np.uint8)
        row, column = rng.integers(0, 20, 2)
        mask[row : row + 16, column : column + 16] = 255
        pixels = np.where(mask > 0, 200, 20).astype(np.uint8)
        proposal.add(Image(pixels, "YX"), mask, image_name=f"{index}.png", mask_name=f"{index}.tif")
    made = DatasetStore(workspace).create(proposal, "squares")
    proposal.discard()
    return made


def until(condition, run):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, run.log_tail()
        time.sleep(0.1)


def ended(run):
    until(lambda: run.progress().ended, run)
    return run.progress()


def test_a_training_publishes_a_model(workspace, dataset):
    run = jobs.start(workspace, dataset, recipe(), "first")
    with pytest.raises(TrainingActive, match="still running") as refused:
        jobs.start(workspace, dataset, recipe(), "second")
    assert refused.value.run_id == run.id

    progress = ended(run)
    assert progress.state == "finished", run.log_tail()
    assert 0.5 < progress.majority_accuracy < 1

    rows = run.metrics()
    assert [row["epoch"] for row in rows] == [1, 2]
    for key in ("loss", "pixel_accuracy", "iou", "dice"):
        assert all(row[key] >= 0 and row[f"val_{key}"] >= 0 for row in rows)

    [sample] = run.samples()
    assert [sample.name] == list(dataset.split.test)
    assert list(sample.epochs) == [1, 2]
    assert all(path.is_file() for path in (sample.image, sample.truth, *sample.epochs.values()))

    model = ModelStore(workspace).get(progress.model_id)
    assert model.facts.train == dataset.split.train
    assert model.facts.dataset_fingerprint == dataset.fingerprint
    assert model.facts.scores["together"]["network_size"]["pixel_accuracy"] is not None
    assert model.facts.best_on_test.iou == max(row["val_iou"] for row in rows)
    for weights in (model.weights, model.folder / "best_on_test.weights.h5"):
        assert b"optimizer" not in weights.read_bytes()
    with pytest.raises(CellsegError, match="exists already"):
        jobs.start(workspace, dataset, recipe(), "First")


def test_a_stop_ends_after_the_batch_and_publishes_a_model(workspace, dataset):
    run = jobs.start(workspace, dataset, recipe(epochs=10_000), "stopped")
    until(lambda: len(run.metrics()) >= 2, run)
    jobs.stop(run)
    progress = ended(run)
    assert progress.state == "stopped"
    model = ModelStore(workspace).get("stopped")
    assert model.facts.ended == "stopped"
    assert model.facts.epochs_done == len(run.metrics())


def test_a_killed_worker_shows_as_interrupted_and_another_can_start(workspace, dataset):
    run = jobs.start(workspace, dataset, recipe(epochs=10_000), "killed")
    until(lambda: run.status() is not None and run.metrics(), run)
    psutil.Process(run.status().pid).kill()
    until(lambda: run.progress().state == "interrupted", run)
    assert RunStore(workspace).active() is None
    assert run.metrics()
    RunStore(workspace).delete(run)


def test_a_worker_outlives_the_process_that_started_it(workspace, dataset):
    script = (
        "import sys; from cellseg.workspace import Workspace\n"
        "from cellseg.datasets.store import DatasetStore\n"
        "from cellseg.recipes.pixels.settings import PixelsSettings\n"
        "from cellseg.training import jobs\n"
        "workspace = Workspace(sys.argv[1])\n"
        "dataset = DatasetStore(workspace).get('squares')\n"
        "jobs.start(workspace, dataset, PixelsSettings.model_validate_json(sys.argv[2]), 'orphan',"
        " test_fraction=0)\n"
    )
    command = [sys.executable, "-c", script, str(workspace.root), recipe(1).model_dump_json()]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT)
    run = RunStore(workspace).active()
    assert run is not None
    assert ended(run).state == "finished", run.log_tail()
    facts = ModelStore(workspace).get("orphan").facts
    assert len(facts.train) == 6
    assert facts.scores is None
    assert facts.best_on_test is None
    assert len(run.samples()) == 4


def test_missing_weights_are_an_error_before_images_are_read(
    workspace, dataset, monkeypatch, tmp_path
):
    with pytest.raises(CellsegError, match=r"gone\.h5 does not exist"):
        jobs.start(workspace, dataset, recipe(encoder_weights=str(tmp_path / "gone.h5")), "m")
    monkeypatch.setenv("CELLSEG_ENCODER_WEIGHTS", str(tmp_path / "other.h5"))
    run = jobs.start(workspace, dataset, recipe(encoder_weights="imagenet"), "m")
    progress = ended(run)
    assert progress.state == "failed"
    assert "other.h5 does not exist" in progress.message
    assert all(model.shipped for model in ModelStore(workspace).all())


def test_a_test_dataset_replaces_the_split(workspace, dataset):
    run = jobs.start(workspace, dataset, recipe(1), "m", test_dataset=dataset)
    assert len(run.config.train) == len(run.config.test) == 6
    jobs.stop(run)
    assert ended(run).state == "stopped"
    with pytest.raises(CellsegError, match="not both"):
        jobs.start(workspace, dataset, recipe(1), "n", test_fraction=0.5, test_dataset=dataset)
