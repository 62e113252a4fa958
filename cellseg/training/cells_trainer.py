"""The recipe `cells`: what a run's settings and data become a trained network by."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from cellseg.datasets.split import make_split
from cellseg.errors import CellsegError
from cellseg.images.scaling import stretched_rgb8
from cellseg.network.augmentation import Annotated
from cellseg.network.cellnet import build_cellnet
from cellseg.network.crops import crop_batches
from cellseg.network.looks import looks_of
from cellseg.network.losses import CellsLoss
from cellseg.network.targets import distances
from cellseg.network.unet import load_weights
from cellseg.recipes import CellsFacts, CellsRecipe, InstanceSettings, Target
from cellseg.segmentation.cells_predictor import CellsPredictor
from cellseg.training import precision
from cellseg.training.budget import Budget
from cellseg.training.callbacks import ProgressReport, StopOnRequest
from cellseg.training.runs import Run
from cellseg.training.status import MetricsFile, StatusWriter
from cellseg.training.trainer import Data, Stopped, Trained
from cellseg.training.validation import Validation, save, tuned

MOVING_AVERAGE = 0.98
"""Momentum of the average of the weights (Polyak & Juditsky 1992), which is what is kept."""

WEIGHT_DECAY = 1e-4
LARGEST_GRADIENT = 5.0

Source = tuple[Annotated, str]


def train(
    run: Run,
    data: Data,
    start: Path | None,
    status: StatusWriter,
    stop_requested: Callable[[], bool],
) -> Trained:
    """Train a network as the run's recipe says, writing curves into its folder.

    Parameters
    ----------
    start : weights of the encoder, or of a whole network where the recipe starts from a model.

    Raises
    ------
    Stopped
        Where the stop comes before the first batch.
    CellsegError
        Where no image has a cell.
    """
    recipe = run.config.recipe
    assert isinstance(recipe, CellsRecipe)
    settings = recipe.training
    keras.utils.set_random_seed(settings.seed)
    learning, validating = kept_for_validation(data.train, settings.validation_fraction)
    images = _read(data, learning, recipe, status, stop_requested)
    kept = _read(data, validating, recipe, status, stop_requested)
    areas = cell_areas(images)
    facts = CellsFacts(
        target=settings.target or default_target(data.train_from.kind),
        diameter=round(2.0 * math.sqrt(float(np.median(areas)) / math.pi), 2),
        instances=InstanceSettings(min_area=smallest(areas)),
        validation_images=validating,
        device=precision.device(),
        looks=looks_of(images),
    )
    status.say("Building the network")
    facts = facts.model_copy(update={"precision": precision.chosen(settings.precision)})
    network = _network(recipe, start, facts)
    predictor = CellsPredictor(network, recipe, facts)
    budget = Budget(settings)
    stop = StopOnRequest(stop_requested)
    best = run.folder / "best.weights.h5"
    validation = Validation(network, predictor, kept, best, settings.patience)
    report = ProgressReport(status, MetricsFile(run.folder), settings.steps, budget)
    status.say("Preparing the first step, about 20 s")
    _compiled(network, recipe).fit(
        crop_batches(
            images,
            settings.crop,
            settings.batch_size,
            settings.steps,
            float(np.median(areas)),
            settings.seed,
        ),
        epochs=budget.epochs,
        callbacks=[stop, budget, validation, report],
        shuffle=False,  # the pipeline does it
        verbose=0,
    )
    network.load_weights(str(best))
    status.say("Tuning the thresholds on the validation images")
    instances = tuned(predictor, kept, stop_requested)
    facts = facts.model_copy(update={"instances": instances, "validation": validation.best_scores})
    save(network, run.weights)
    return Trained(
        network,
        epochs=len(run.metrics()),
        batches=stop.batches,
        stopped=stop.stopped,
        best=None,
        cells=facts,
    )


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
    recipe: CellsRecipe,
    status: StatusWriter,
    stop_requested: Callable[[], bool],
) -> list[Annotated]:
    dataset, scale = data.train_from, recipe.preprocessing
    found = []
    for done, name in enumerate(names, start=1):
        labels = dataset.labels(name)
        image = stretched_rgb8(dataset.image(name), scale.percentile_low, scale.percentile_high)
        found.append(Annotated(image, labels, distances(labels)))
        status.note(phase=f"Reading images, {done} of {len(names)}")
        if stop_requested():
            raise Stopped
    return found


def _network(recipe: CellsRecipe, start: Path | None, facts: CellsFacts) -> keras.Model:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision.policy(facts.precision))
    try:
        network = build_cellnet(recipe.network, None if recipe.start else start)
    finally:
        keras.config.set_dtype_policy(before)
    if recipe.start and start and not load_weights(network, start):
        raise CellsegError(
            "The model to start from has another network; choose its own network settings, or "
            "start from the encoder's weights."
        )
    return network


def _compiled(network: keras.Model, recipe: CellsRecipe) -> keras.Model:
    """The same layers with an optimizer and a loss; the network itself stays bare."""
    trainee = keras.Model(network.inputs, network.outputs)
    optimizer = keras.optimizers.AdamW(
        recipe.training.learning_rate,
        weight_decay=WEIGHT_DECAY,
        use_ema=True,
        ema_momentum=MOVING_AVERAGE,
        global_clipnorm=LARGEST_GRADIENT,
    )
    trainee.compile(optimizer=optimizer, loss=CellsLoss())
    optimizer.build(trainee.trainable_variables)
    return trainee
