"""Trainer of the recipe `cells`: from the settings and data of a run to a trained network."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.errors import CellsegError
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.image_statistics import compute_statistics
from cellseg.methods.cells.losses import CellsLoss
from cellseg.methods.cells.model import build_cells_unet
from cellseg.methods.cells.optimizer import build_optimizer
from cellseg.methods.cells.patches import patch_batches, patch_side, semantic_scale
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.methods.cells.preprocessing import scale_intensities
from cellseg.methods.cells.samples import OutlinePictures
from cellseg.methods.cells.schedule import Schedule
from cellseg.methods.cells.targets import distance_map, structure_width
from cellseg.methods.cells.tuning import tune_instance_settings
from cellseg.methods.cells.validation import Validation, save_weights
from cellseg.methods.cells.validation_split import split_validation
from cellseg.network import precision
from cellseg.network.folded_training import folded_training_graph
from cellseg.network.weights import try_load_weights
from cellseg.recipes.cells.facts import (
    SECOND_PASS,
    SECOND_PASS_BELOW,
    CellsFacts,
    InstanceSettings,
)
from cellseg.recipes.cells.settings import CellsSettings, Target
from cellseg.training import devices
from cellseg.training.callbacks import ProgressReport, StopOnRequest
from cellseg.training.engine import StoppedBeforeStart, TrainingData, TrainingResult
from cellseg.training.runs import Run
from cellseg.training.status import MetricsFile, RunStatusWriter

SAMPLES = 3
"""Number of images with sample pictures."""


def train(
    run: Run,
    data: TrainingData,
    start: Path | None,
    status: RunStatusWriter,
    stop_requested: Callable[[], bool],
) -> TrainingResult:
    """Train a network by the settings of a run; curves and pictures go to the folder of the run.

    A training in bfloat16 whose loss or weights are no longer finite continues in float32 from the
    best weights so far.

    Parameters
    ----------
    start : weights of the encoder, or of a whole network where a model is fine-tuned.

    Raises
    ------
    StoppedBeforeStart
        Where the user stops before the first batch.
    CellsegError
        Where no image has a cell, or no finite weights are left.
    """
    settings = run.config.recipe
    assert isinstance(settings, CellsSettings)
    training = settings.training
    used_devices = devices.devices_for_batch(devices.available_gpus(), training.batch_size)
    keras.utils.set_random_seed(training.seed)
    train_names, validation_names = split_validation(data.train_names, training.validation_fraction)
    train_images = _read(data, train_names, settings, status, stop_requested)
    validation_images = _read(data, validation_names, settings, status, stop_requested)
    areas = cell_areas(train_images)
    target = training.target or default_target(data.train_dataset.kind)
    semantic = target == "semantic"
    width = structure_width(image.labels for image in train_images) if semantic else None
    facts = CellsFacts(
        target=target,
        diameter=round(2.0 * math.sqrt(float(np.median(areas)) / math.pi), 2),
        instances=initial_instance_settings(target, areas),
        validation_images=validation_names,
        precision=precision.resolve_precision(training.precision),
        device=devices.describe_devices(used_devices),
        image_statistics=compute_statistics(train_images),
        scale=semantic_scale(width),
    )
    shown = list(zip(validation_names, validation_images, strict=True)) or list(
        zip(train_names, train_images, strict=True)
    )
    pictures = OutlinePictures(run.folder / "samples", shown[:SAMPLES], facts.diameter)
    validation = Validation(
        validation_images,
        run.folder / "best.weights.h5",
        training.patience,
        pictures.draw,
        limit_time=training.epochs is None,
    )
    stop = StopOnRequest(stop_requested)
    batches = patch_batches(
        train_images,
        training.crop or patch_side(facts.diameter * facts.scale),
        training.batch_size,
        training.steps,
        None if semantic else float(np.median(areas)),
        training.seed,
        training.elastic,
        facts.scale if semantic else None,
    )
    network, predictor = _fit(run, start, facts, used_devices, batches, validation, stop, status)
    facts = predictor.facts.model_copy(update={"flips": semantic})
    status.set_phase("Tuning the thresholds on the validation images")
    instances = tune_instance_settings(
        with_second_pass(predictor.with_facts(facts)), validation_images, stop_requested
    )
    facts = facts.model_copy(update={"instances": instances, "validation": validation.best_scores})
    save_weights(network, run.weights)
    return TrainingResult(
        predictor.with_facts(facts),
        epochs=len(run.metrics()),
        batches=stop.batches,
        stopped=stop.stopped,
        facts=facts,
    )


def _fit(
    run: Run,
    start: Path | None,
    facts: CellsFacts,
    used_devices: Sequence[str],
    batches: tf.data.Dataset,
    validation: Validation,
    stop: StopOnRequest,
    status: RunStatusWriter,
) -> tuple[keras.Model, CellsPredictor]:
    """Fit the network; returns it with a predictor, whose facts have the precision at the end.

    The network is built again, with the best weights so far, where its encoder is unfrozen or its
    precision changes.
    """
    settings = run.config.recipe
    assert isinstance(settings, CellsSettings)
    schedule, strategy, note = (
        Schedule(settings.training),
        devices.distribution_strategy(used_devices),
        "",
    )
    schedule.unfreeze_at = settings.network.thaw_after if settings.network.freeze_encoder else None
    report = ProgressReport(status, MetricsFile(run.folder), settings.training.steps, schedule)
    while True:
        status.set_phase("Building the network")
        status.update(computing=f"on {facts.device}, {facts.precision}{note}")
        with strategy.scope():
            network = build_network(settings, start, facts)
            if validation.best:
                network.load_weights(str(validation.best_file))
            trained = compile_network(network, settings, facts)
        predictor = CellsPredictor(network, settings, facts)
        validation.begin(network, with_second_pass(predictor))
        status.set_phase("Preparing the first step, about 20 s")
        trained.fit(
            batches,
            initial_epoch=len(run.metrics()),
            epochs=schedule.epochs,
            callbacks=[stop, schedule, validation, report],
            shuffle=False,  # the pipeline samples at random
            verbose=0,
        )
        if stop.stopped or schedule.progress() >= 1.0:
            break
        if schedule.unfreeze_at is not None and schedule.progress() >= schedule.unfreeze_at:
            schedule.unfreeze_at, settings = None, _with_unfrozen_encoder(settings)
            continue
        if not validation.diverged or facts.precision == "float32":
            break
        facts = facts.model_copy(update={"precision": "float32"})
        note = f" since epoch {len(run.metrics())}, which was not finite in bfloat16"
    if not validation.best:
        raise CellsegError(
            "The training diverged before an epoch ended: the weights are not finite; choose a "
            "smaller learning rate."
        )
    network.load_weights(str(validation.best_file))
    return network, predictor


def with_second_pass(predictor: CellsPredictor) -> CellsPredictor:
    """The same predictor with a second pass for small cells, for validation and tuning."""
    facts = predictor.facts
    if facts.target == "semantic":
        return predictor
    second_pass = {"second_pass": SECOND_PASS, "second_pass_below": SECOND_PASS_BELOW}
    instances = facts.instances.model_copy(update=second_pass)
    return predictor.with_facts(facts.model_copy(update={"instances": instances}))


def default_target(kind: str) -> Target:
    """Target that suits the masks of a dataset, `labels` or `binary`."""
    return "instances" if kind == "labels" else "semantic"


def cell_areas(images: Sequence[AnnotatedImage]) -> NDArray[np.int64]:
    """Area of each cell of all images, pixels.

    Raises
    ------
    CellsegError
        Where there is no cell.
    """
    counts = [np.bincount(image.labels.ravel())[1:] for image in images]
    areas = np.concatenate([*counts, np.zeros(0, np.int64)])
    areas = areas[areas > 0]
    if not areas.size:
        raise CellsegError(
            "No training image has a cell in its mask; add images with annotated cells, or move "
            "some from the test part."
        )
    return areas


def initial_instance_settings(target: Target, areas: NDArray[np.int64]) -> InstanceSettings:
    """Instance settings before tuning; a semantic segmentation keeps improbable components.

    Parameters
    ----------
    areas : of the training cells, pixels.
    """
    settings = InstanceSettings(min_area=min_cell_area(areas))
    return settings if target == "instances" else settings.model_copy(update={"min_score": 0.0})


def min_cell_area(areas: NDArray[np.int64]) -> int:
    """Half of the first percentile of the areas, pixels."""
    return int(np.percentile(areas, 1) / 2)


def build_network(settings: CellsSettings, start: Path | None, facts: CellsFacts) -> keras.Model:
    """Build a network with the weights to start from.

    Raises
    ------
    CellsegError
        Where the weights do not fit.
    """
    encoder_weights = None if settings.start else start
    network = build_cells_unet(settings.network, encoder_weights, facts.precision)
    if settings.start and start and not try_load_weights(network, start):
        raise CellsegError(
            "The weights of the model to fine-tune do not fit the network; use the network "
            "settings of that model, or start from a pre-trained encoder."
        )
    return network


def compile_network(
    network: keras.Model, settings: CellsSettings, facts: CellsFacts
) -> keras.Model:
    """Model with the same weights, an optimizer and a loss; `network` itself is not compiled."""
    model = folded_training_graph(network, facts.precision)
    optimizer = build_optimizer(settings.training.learning_rate)
    model.compile(optimizer=optimizer, loss=CellsLoss())
    optimizer.build(model.trainable_variables)
    return model


def _with_unfrozen_encoder(settings: CellsSettings) -> CellsSettings:
    """The same settings with an encoder that trains."""
    network = settings.network.model_copy(update={"freeze_encoder": False})
    return settings.model_copy(update={"network": network})


def _read(
    data: TrainingData,
    names: Sequence[str],
    settings: CellsSettings,
    status: RunStatusWriter,
    stop_requested: Callable[[], bool],
) -> list[AnnotatedImage]:
    """Read and preprocess training images."""
    dataset = data.train_dataset
    images = []
    for done, name in enumerate(names, start=1):
        labels = dataset.labels(name)
        rgb = scale_intensities(dataset.image(name), settings.preprocessing).rgb8()
        images.append(AnnotatedImage(rgb, labels, distance_map(labels)))
        status.update(phase=f"Reading images, {done} of {len(names)}")
        if stop_requested():
            raise StoppedBeforeStart
    return images
