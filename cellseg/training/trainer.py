"""The recipe `seed`: what a run's settings and data become a trained network by."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.pixels import PixelCounts
from cellseg.config import Recipe
from cellseg.datasets.store import Dataset
from cellseg.network.metrics import ForegroundScores
from cellseg.network.pipeline import scoring_batches, training_batches
from cellseg.network.preprocessing import gather
from cellseg.network.unet import build_unet
from cellseg.recipes import CellsFacts
from cellseg.training.callbacks import KeepBest, ProgressReport, SamplePictures, StopOnRequest
from cellseg.training.runs import Run
from cellseg.training.status import MetricsFile, StatusWriter

SAMPLES = 4
"""Images that are predicted and shown after each epoch."""


@dataclass(frozen=True)
class Data:
    """The datasets of a run and the names in them that train and test."""

    train_from: Dataset
    test_from: Dataset
    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Trained:
    """What a training left.

    network : with the weights after the last batch. epochs : that ended. batches : that ended.
    stopped : whether the user ended it. best : epoch and IoU of the best test score, if any.
    cells : what a training by the recipe `cells` found out.
    """

    network: keras.Model
    epochs: int
    batches: int
    stopped: bool
    best: tuple[int, float] | None
    cells: CellsFacts | None = None


class Stopped(Exception):
    """The user asked to stop before the first batch."""


def train(
    run: Run,
    data: Data,
    encoder_weights: Path | None,
    status: StatusWriter,
    stop_requested: Callable[[], bool],
) -> Trained:
    """Train a network as the run's recipe says, writing curves and pictures into its folder.

    Raises
    ------
    Stopped
        Where the stop comes before the first batch.
    """
    recipe = run.config.recipe
    assert isinstance(recipe, Recipe)
    keras.utils.set_random_seed(recipe.training.seed)

    def reading(done: int, of: int) -> None:
        status.note(phase=f"Reading images, {done} of {of}")
        if stop_requested():
            raise Stopped

    images, masks = gather(data.train_from, data.train, recipe.preprocessing, reading)
    test_images, test_masks = gather(data.test_from, data.test, recipe.preprocessing, reading)
    _note_majority(status, test_masks if len(data.test) else masks)

    status.say("Building the network")
    network = build_unet(recipe.preprocessing.image_size, recipe.network, encoder_weights)
    trainee = _compiled(network, recipe)
    batch_size = recipe.training.batch_size_for(len(images))
    shown_names, shown_images, shown_masks = (
        (data.test, test_images, test_masks) if data.test else (data.train, images, masks)
    )
    pictures = SamplePictures(
        run.folder / "samples",
        shown_names[:SAMPLES],
        shown_images[:SAMPLES],
        shown_masks[:SAMPLES],
    )
    metrics = MetricsFile(run.folder)
    stop = StopOnRequest(stop_requested)
    callbacks: list[keras.callbacks.Callback] = [
        stop,
        ProgressReport(status, metrics, steps=-(-len(images) // batch_size)),
        pictures,
    ]
    if data.test:
        callbacks.append(KeepBest(network, run.best_on_test))
    status.say("Preparing the first step, about 10 s")
    trainee.fit(
        training_batches(images, masks, batch_size, recipe.training.seed),
        validation_data=scoring_batches(test_images, test_masks, 16) if data.test else None,
        epochs=recipe.training.epochs,
        callbacks=callbacks,
        shuffle=False,  # the pipeline does it
        verbose=0,
    )
    rows = run.metrics()
    scored = [row for row in rows if row.get("val_iou") is not None]
    best = max(scored, key=lambda row: row["val_iou"], default=None)
    return Trained(
        network,
        epochs=len(rows),
        batches=stop.batches,
        stopped=stop.stopped,
        best=(best["epoch"], best["val_iou"]) if best else None,
    )


def _compiled(network: keras.Model, recipe: Recipe) -> keras.Model:
    """The same layers with an optimizer, a loss and scores; the network itself stays bare."""
    trainee = keras.Model(network.inputs, network.outputs)
    trainee.compile(
        optimizer=keras.optimizers.Adam(recipe.training.learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[ForegroundScores()],
    )
    return trainee


def _note_majority(status: StatusWriter, masks: NDArray[np.uint8]) -> None:
    foreground = int(masks.sum())
    scores = PixelCounts(tp=foreground, tn=masks.size - foreground).scores()
    status.note(majority_accuracy=scores["majority_accuracy"])
