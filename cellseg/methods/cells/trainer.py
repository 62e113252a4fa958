"""Trains by the recipe `cells`: from a run's settings and data to a trained network."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.datasets.split import make_split
from cellseg.errors import CellsegError
from cellseg.methods.cells.augmentation import Annotated
from cellseg.methods.cells.image_statistics import looks_of
from cellseg.methods.cells.losses import CellsLoss
from cellseg.methods.cells.model import build_cellnet
from cellseg.methods.cells.optimizer import optimizer
from cellseg.methods.cells.patches import crop_batches, enlarged_for, side_for
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.methods.cells.preprocessing import cells_image
from cellseg.methods.cells.samples import CellPictures
from cellseg.methods.cells.schedule import Budget
from cellseg.methods.cells.targets import distances, thinner
from cellseg.methods.cells.tuning import tuned
from cellseg.methods.cells.validation import Validation, save
from cellseg.network import precision
from cellseg.network.folded_training import folded_training_graph
from cellseg.network.weights import load_weights
from cellseg.recipes.cells.facts import (
    SECOND_PASS,
    SECOND_PASS_BELOW,
    CellsFacts,
    InstanceSettings,
)
from cellseg.recipes.cells.settings import CellsSettings, Target
from cellseg.training import devices
from cellseg.training.callbacks import ProgressReport, StopOnRequest
from cellseg.training.engine import Data, Stopped, Trained
from cellseg.training.runs import Run
from cellseg.training.status import MetricsFile, RunStatusWriter

SAMPLES = 3
"""Images whose cells are drawn after some epochs."""


def train(
    run: Run,
    data: Data,
    start: Path | None,
    status: RunStatusWriter,
    stop_requested: Callable[[], bool],
) -> Trained:
    """Train a network as the run's recipe says, writing curves and pictures into its folder.

    A training in bfloat16 whose numbers are no longer finite goes on in float32 from the best
    weights so far.

    Parameters
    ----------
    start : weights of the encoder, or of a whole network where the recipe starts from a model.

    Raises
    ------
    Stopped
        Where the stop comes before the first batch.
    CellsegError
        Where no image has a cell, or no weights are left to keep.
    """
    recipe = run.config.recipe
    assert isinstance(recipe, CellsSettings)
    settings = recipe.training
    used = devices.sharing(devices.gpus(), settings.batch_size)
    keras.utils.set_random_seed(settings.seed)
    learning, validating = kept_for_validation(data.train, settings.validation_fraction)
    images = _read(data, learning, recipe, status, stop_requested)
    kept = _read(data, validating, recipe, status, stop_requested)
    areas = cell_areas(images)
    target = settings.target or default_target(data.train_from.kind)
    width = thinner(image.labels for image in images) if target == "semantic" else None
    facts = CellsFacts(
        target=target,
        diameter=round(2.0 * math.sqrt(float(np.median(areas)) / math.pi), 2),
        instances=first_settings(target, areas),
        validation_images=validating,
        precision=precision.resolved(settings.precision),
        device=devices.described(used),
        image_statistics=looks_of(images),
        scale=enlarged_for(width),
    )
    shown = list(zip(validating, kept, strict=True)) or list(zip(learning, images, strict=True))
    pictures = CellPictures(run.folder / "samples", shown[:SAMPLES], facts.diameter)
    best = run.folder / "best.weights.h5"
    sparing = settings.epochs is None
    validation = Validation(kept, best, settings.patience, pictures.draw, sparing=sparing)
    stop = StopOnRequest(stop_requested)
    batches = crop_batches(
        images,
        settings.crop or side_for(facts.diameter * facts.scale),
        settings.batch_size,
        settings.steps,
        float(np.median(areas)) if facts.target == "instances" else None,
        settings.seed,
        settings.elastic,
        facts.scale if facts.target == "semantic" else None,
    )
    network, predictor = _fitted(run, start, facts, used, batches, validation, stop, status)
    facts = predictor.facts.model_copy(update={"flips": target == "semantic"})
    status.say("Tuning the thresholds on the validation images")
    instances = tuned(with_second_pass(predictor.with_facts(facts)), kept, stop_requested)
    facts = facts.model_copy(update={"instances": instances, "validation": validation.best_scores})
    save(network, run.weights)
    return Trained(
        predictor.with_facts(facts),
        epochs=len(run.metrics()),
        batches=stop.batches,
        stopped=stop.stopped,
        facts=facts,
    )


def _fitted(
    run: Run,
    start: Path | None,
    facts: CellsFacts,
    used: Sequence[str],
    batches: tf.data.Dataset,
    validation: Validation,
    stop: StopOnRequest,
    status: RunStatusWriter,
) -> tuple[keras.Model, CellsPredictor]:
    """The network after the training, with its predictor, whose facts name the last precision.

    It is built anew, with the best weights so far, where its encoder thaws or its precision
    changes.
    """
    recipe = run.config.recipe
    assert isinstance(recipe, CellsSettings)
    budget, strategy, note = Budget(recipe.training), devices.strategy(used), ""
    budget.pause = recipe.network.thaw_after if recipe.network.freeze_encoder else None
    report = ProgressReport(status, MetricsFile(run.folder), recipe.training.steps, budget)
    while True:
        status.say("Building the network")
        status.note(computing=f"on {facts.device}, {facts.precision}{note}")
        with strategy.scope():
            network = _network(recipe, start, facts)
            if validation.best:
                network.load_weights(str(validation.best_file))
            learner = _compiled(network, recipe, facts)
        predictor = CellsPredictor(network, recipe, facts)
        validation.begin(network, with_second_pass(predictor))
        status.say("Preparing the first step, about 20 s")
        learner.fit(
            batches,
            initial_epoch=len(run.metrics()),
            epochs=budget.epochs,
            callbacks=[stop, budget, validation, report],
            shuffle=False,  # the pipeline does it
            verbose=0,
        )
        if stop.stopped or budget.progress() >= 1.0:
            break
        if budget.pause is not None and budget.progress() >= budget.pause:
            budget.pause, recipe = None, _thawed(recipe)
            continue
        if not validation.diverged or facts.precision == "float32":
            break
        facts = facts.model_copy(update={"precision": "float32"})
        note = f" since epoch {len(run.metrics())}, in which bfloat16 gave no finite numbers"
    if not validation.best:
        raise CellsegError(
            "The network's weights grew beyond all numbers before an epoch ended; choose a "
            "smaller learning rate."
        )
    network.load_weights(str(validation.best_file))
    return network, predictor


def with_second_pass(predictor: CellsPredictor) -> CellsPredictor:
    """The same, enlarging small cells: what it is scored by and tuned from."""
    facts = predictor.facts
    if facts.target == "semantic":
        return predictor
    second_pass = {"second_pass": SECOND_PASS, "second_pass_below": SECOND_PASS_BELOW}
    instances = facts.instances.model_copy(update=second_pass)
    return predictor.with_facts(facts.model_copy(update={"instances": instances}))


def _thawed(recipe: CellsSettings) -> CellsSettings:
    network = recipe.network.model_copy(update={"freeze_encoder": False})
    return recipe.model_copy(update={"network": network})


def kept_for_validation(
    names: Sequence[str], fraction: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The training images to learn from, and those kept to choose by.

    The planes of one file stay on one side: they are told by the name before `_z` or `_t` and a
    number. Of fewer than 4 files none is kept.
    """
    files = sorted({_file_of(name) for name in names})
    if fraction == 0 or len(files) < 4:
        return tuple(names), ()
    kept = set(make_split(files, fraction=fraction).test)
    return (
        tuple(name for name in names if _file_of(name) not in kept),
        tuple(name for name in names if _file_of(name) in kept),
    )


def default_target(kind: str) -> Target:
    """Cells are told apart where the masks tell them apart."""
    return "instances" if kind == "labels" else "semantic"


def cell_areas(images: Sequence[Annotated]) -> NDArray[np.int64]:
    """Pixels of each cell of all images.

    Raises
    ------
    CellsegError
        Where there is none.
    """
    counts = [np.bincount(image.labels.ravel())[1:] for image in images]
    areas = np.concatenate([*counts, np.zeros(0, np.int64)])
    areas = areas[areas > 0]
    if not areas.size:
        raise CellsegError(
            "No training image has a cell in its mask; bring images with marked cells, or move "
            "some from the test side."
        )
    return areas


def first_settings(target: Target, areas: NDArray[np.int64]) -> InstanceSettings:
    """What the tuning begins with; where pixels count none is left out for those around it."""
    found = InstanceSettings(min_area=smallest(areas))
    return found if target == "instances" else found.model_copy(update={"min_score": 0.0})


def smallest(areas: NDArray[np.int64]) -> int:
    """Half of the area below which a hundredth of the cells lies, pixels."""
    return int(np.percentile(areas, 1) / 2)


def _file_of(name: str) -> str:
    stem = name
    for mark in ("_z", "_t"):
        head, found, tail = stem.rpartition(mark)
        if found and tail.isdigit():
            stem = head
    return stem


def _read(
    data: Data,
    names: Sequence[str],
    recipe: CellsSettings,
    status: RunStatusWriter,
    stop_requested: Callable[[], bool],
) -> list[Annotated]:
    dataset = data.train_from
    found = []
    for done, name in enumerate(names, start=1):
        labels = dataset.labels(name)
        image = cells_image(dataset.image(name), recipe.preprocessing).rgb8()
        found.append(Annotated(image, labels, distances(labels)))
        status.note(phase=f"Reading images, {done} of {len(names)}")
        if stop_requested():
            raise Stopped
    return found


def _network(recipe: CellsSettings, start: Path | None, facts: CellsFacts) -> keras.Model:
    weights = None if recipe.start else start
    network = build_cellnet(recipe.network, weights, facts.precision)
    if recipe.start and start and not load_weights(network, start):
        raise CellsegError(
            "The model to start from has another network; choose its own network settings, or "
            "start from the encoder's weights."
        )
    return network


def _compiled(network: keras.Model, recipe: CellsSettings, facts: CellsFacts) -> keras.Model:
    """The same weights with an optimizer and a loss; the network itself stays bare."""
    learner = folded_training_graph(network, facts.precision)
    steps = optimizer(recipe.training.learning_rate)
    learner.compile(optimizer=steps, loss=CellsLoss())
    steps.build(learner.trainable_variables)
    return learner
