"""A training by the recipe `cells` in its worker process, from drawn images to a model."""

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image as Pillow

from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from cellseg.models.half_precision import save_half_precision
from cellseg.models.store import ModelStore
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.recipes.cells.settings import CellsNetwork, CellsSettings, CellsTraining
from cellseg.training import following, jobs
from cellseg.training.runs import RunStore
from cellseg.training.status import RunStatusWriter
from cellseg.workspace import Workspace
from tests.started import end_workers

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
NETWORK = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8))


def recipe(epochs=2):
    training = CellsTraining(
        epochs=epochs, minutes=None, steps=4, crop=64, batch_size=2, validation_fraction=0.3
    )
    return CellsSettings(network=NETWORK, training=training)


def drawn(number):
    """A grey image of nine bright discs of 12 pixels in diameter, and their labels."""
    rng = np.random.default_rng(number)
    rows, columns = np.indices((80, 96))
    labels = np.zeros((80, 96), np.uint16)
    for cell in range(9):
        row, column = np.array(divmod(cell, 3)) * (26, 30) + rng.integers(9, 17, 2)
        labels[(rows - row) ** 2 + (columns - column) ** 2 < 36] = cell + 1
    return np.where(labels > 0, 180, 30).astype(np.uint8), labels


def kernels(path):
    """The arrays of a weights file that are no vectors."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]}) if getattr(item, "ndim", 0) > 1 else None
            )
        )
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    yield Workspace(folder)
    end_workers(folder)


@pytest.fixture(scope="module")
def dataset(workspace):
    proposal = Proposal.create(workspace)
    for number in range(8):
        pixels, labels = drawn(number)
        image, mask = f"{number}.png", f"{number}.tif"
        proposal.add(Image(pixels, "YX"), labels, image_name=image, mask_name=mask)
    made = DatasetStore(workspace).create(proposal, "discs", "labels")
    proposal.discard()
    return made


@pytest.fixture(scope="module")
def trained(workspace, dataset):
    """The run of a training of two epochs, its model, and the printed lines."""
    lines: list[str] = []
    run = jobs.start(workspace, dataset, recipe(), "first")
    model = following.follow(run, lines.append)
    assert model is not None, run.log_tail()
    return run, ModelStore(workspace).get(model), lines


def test_a_training_publishes_its_facts(trained, dataset):
    run, model, lines = trained
    assert run.progress().state == model.facts.ended == "finished"
    assert [line.split(",")[0] for line in lines if "Epoch" in line] == [
        "Epoch 1 of 2",
        "Epoch 2 of 2",
    ]
    cells = model.facts.training_facts
    assert cells.target == "instances"
    assert cells.diameter == pytest.approx(12, abs=0.5)
    assert cells.instances.min_area in (10, 20, 30, 54)  # half a disc, or one of those tried
    assert len(cells.validation_images) == 2
    assert set(cells.validation_images) < set(dataset.split.train)
    assert set(cells.validation) == {"val_ap", "val_count_error", "val_iou", "val_dice"}
    assert cells.precision in ("float32", "bfloat16")
    assert cells.device
    assert model.facts.train == dataset.split.train
    assert model.facts.epochs_done == 2
    assert all(np.isfinite(row["loss"]) for row in run.metrics())
    assert b"optimizer" not in model.weights.read_bytes()
    assert run.progress().computing == f"on {cells.device}, {cells.precision}"


def test_sample_pictures_show_validation_images(trained):
    run, model, _ = trained
    samples = run.samples()
    assert [sample.name for sample in samples] == list(model.facts.training_facts.validation_images)
    for sample in samples:
        assert 1 in sample.epochs
        for path in (sample.image, sample.truth, *sample.epochs.values()):
            with Pillow.open(path) as picture:
                assert (picture.size, picture.mode) == ((96, 80), "RGB")


def test_the_model_segments_an_image(trained):
    from cellseg.segmentation.predictor import load_predictor

    _, model, _ = trained
    found = load_predictor(model).cells(Image(drawn(99)[0], "YX"))
    assert found.labels.shape == found.probability.shape == (80, 96)
    assert np.isfinite(found.probability).all()
    assert found.probability.min() >= 0
    assert found.probability.max() <= 1


def test_a_model_in_half_precision_is_fine_tuned(workspace, dataset, trained):
    """With steps too small to matter, the new kernels are those of the start, rounded."""
    _, first, _ = trained
    whole = first.weights.with_name("whole.h5")
    first.weights.rename(whole)
    save_half_precision(whole, first.weights)
    settings = recipe(epochs=1).training.model_copy(update={"learning_rate": 1e-9})
    run = jobs.start(
        workspace, dataset, jobs.fine_tuned(CellsSettings(training=settings), first), "second"
    )
    model = ModelStore(workspace).get(following.follow(run, lambda line: None))
    assert isinstance(model.recipe, CellsSettings)
    assert model.recipe.start == first.id
    assert model.recipe.network == NETWORK
    before, after = kernels(first.weights), kernels(model.weights)
    assert {kernel.dtype for kernel in before.values()} == {np.dtype(np.float16)}
    assert before.keys() == after.keys()
    for name, kernel in after.items():
        np.testing.assert_allclose(kernel, before[name], atol=1e-6)


def test_a_stopped_training_publishes_a_model(workspace, dataset):
    run = jobs.start(workspace, dataset, recipe(epochs=1000), "stopped")

    def say(line):
        if line.startswith("Epoch 1 "):
            jobs.stop(run)

    model = ModelStore(workspace).get(following.follow(run, say))
    assert run.progress().state == model.facts.ended == "stopped"
    assert 1 <= model.facts.epochs_done < 1000
    assert RunStore(workspace).active() is None
    assert model.facts.scores is not None


def prepared(workspace, dataset, monkeypatch, settings_of_run, name):
    """A run that no worker was started for."""
    monkeypatch.setattr(jobs, "_launch", lambda run: None)
    return jobs.start(workspace, dataset, settings_of_run, name)


def test_two_devices_train_a_model_that_loads(workspace, dataset, monkeypatch):
    from cellseg.segmentation.predictor import load_predictor

    run = prepared(workspace, dataset, monkeypatch, recipe(), "shared")
    command = [sys.executable, "-m", "tests.two_devices", str(run.folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    model = ModelStore(workspace).get(run.progress().model_id)
    facts = model.facts.training_facts
    assert isinstance(facts, CellsFacts)
    assert facts.device == "2 x CPU"
    assert run.progress().computing.startswith("on 2 x CPU, ")
    assert model.facts.epochs_done == 2
    assert all(np.isfinite(row["loss"]) for row in run.metrics())
    assert b"optimizer" not in model.weights.read_bytes()
    assert load_predictor(model).cells(Image(drawn(99)[0], "YX")).labels.shape == (80, 96)


@pytest.fixture
def eagerly(monkeypatch):
    """Trainings in this process compile no graph, which takes longer than their few steps."""
    from cellseg.methods.cells import trainer

    compiled = trainer.compile_network

    def patched(network, recipe, facts):
        learner = compiled(network, recipe, facts)
        learner.run_eagerly = True
        return learner

    monkeypatch.setattr(trainer, "compile_network", patched)


@pytest.fixture
def diverging(monkeypatch, eagerly):
    """Says from which step on a training by a given arithmetic has no finite loss."""
    import keras

    from cellseg.methods.cells import trainer
    from cellseg.methods.cells.losses import CellsLoss

    compiled = trainer.compile_network

    def from_step(step, kind):
        class Diverging(CellsLoss):
            def __init__(self, done):
                super().__init__()
                self.done = done

            def call(self, y_true, y_pred):
                broken = keras.ops.where(self.done >= step, float("nan"), 1.0)
                return super().call(y_true, y_pred) * broken

        def patched(network, recipe, facts):
            learner = compiled(network, recipe, facts)
            if any(layer.compute_dtype == kind for layer in network.layers):
                done = learner.optimizer.iterations
                loss = Diverging(done)
                learner.compile(optimizer=learner.optimizer, loss=loss, run_eagerly=True)
            return learner

        monkeypatch.setattr(trainer, "compile_network", patched)

    return from_step


def train(run, dataset, start=None):
    from cellseg.methods.cells import trainer
    from cellseg.training.engine import TrainingData

    data = TrainingData(dataset, dataset, run.config.train, run.config.test)
    status = RunStatusWriter(run.folder)
    try:
        return trainer.train(run, data, start, status, lambda: False)
    finally:
        status.end("finished")


def of_precision(precision, epochs):
    asked = recipe(epochs)
    training = asked.training.model_copy(update={"precision": precision})
    return asked.model_copy(update={"training": training})


def test_a_training_that_diverges_in_bfloat16_continues_in_float32(
    workspace, dataset, monkeypatch, diverging
):
    diverging(6, "bfloat16")  # in the second epoch of four steps
    run = prepared(workspace, dataset, monkeypatch, of_precision("bfloat16", 3), "falling back")
    trained = train(run, dataset)
    assert trained.facts.precision == "float32"
    assert not trained.facts.flips
    assert [row["loss"] is None for row in run.metrics()] == [False, True, False]
    assert "float32 since epoch 2, which was not finite in bfloat16" in run.progress().computing
    assert all(np.isfinite(kernel).all() for kernel in kernels(run.weights).values())


def test_a_semantic_model_uses_test_time_augmentation(workspace, dataset, monkeypatch, eagerly):
    asked = recipe(epochs=1)
    training = asked.training.model_copy(update={"target": "semantic"})
    asked = asked.model_copy(update={"training": training})
    found = train(prepared(workspace, dataset, monkeypatch, asked, "pixels"), dataset).facts
    assert (found.target, found.flips, found.instances.min_score) == ("semantic", True, 0.0)


def test_a_training_that_diverges_in_float32_is_an_error(
    workspace, dataset, monkeypatch, diverging
):
    diverging(0, "float32")
    run = prepared(workspace, dataset, monkeypatch, of_precision("float32", 2), "hopeless")
    with pytest.raises(CellsegError, match="choose a smaller learning rate"):
        train(run, dataset)
    assert not run.weights.exists()


@pytest.mark.parametrize(("thaw_after", "learns"), [(None, False), (0.5, True)])
def test_a_frozen_encoder_trains_after_it_is_unfrozen(
    workspace, dataset, monkeypatch, trained, eagerly, thaw_after, learns
):
    _, first, _ = trained
    settings = recipe().training.model_copy(update={"validation_fraction": 0.0})
    frozen = CellsNetwork(freeze_encoder=True, thaw_after=thaw_after)
    settings_of_run = jobs.fine_tuned(CellsSettings(network=frozen, training=settings), first)
    settings_of_run = settings_of_run.with_encoder_weights("imagenet")
    run = prepared(workspace, dataset, monkeypatch, settings_of_run, f"thaw {thaw_after}")
    done = train(run, dataset, first.weights)
    assert done.epochs == 2
    before, after = kernels(first.weights), kernels(run.weights)
    changed = {name for name in before if (before[name] != after[name]).any()}
    of_encoder = {name for name in before if "encoder" in name or "functional" in name}
    assert of_encoder
    assert bool(changed & of_encoder) == learns
    assert changed - of_encoder
