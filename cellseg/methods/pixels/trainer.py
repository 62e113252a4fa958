"""Trains by the recipe `pixels`: from a run's settings and data to a trained network."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.pixels import PixelCounts
from cellseg.methods.pixels.callbacks import KeepBest, SamplePictures
from cellseg.methods.pixels.metrics import ForegroundScores
from cellseg.methods.pixels.model import build_unet
from cellseg.methods.pixels.pipeline import scoring_batches, training_batches
from cellseg.methods.pixels.predictor import PixelsPredictor
from cellseg.methods.pixels.preprocessing import gather
from cellseg.recipes.pixels.settings import PixelsSettings
from cellseg.training.callbacks import ProgressReport, StopOnRequest
from cellseg.training.engine import Data, Stopped, Trained
from cellseg.training.runs import Run
from cellseg.training.status import MetricsFile, RunStatusWriter

SAMPLES = 4
"""Images that are predicted and shown after each epoch."""


def train(
    run: Run,
    data: Data,
    encoder_weights: Path | None,
    status: RunStatusWriter,
    stop_requested: Callable[[], bool],
) -> Trained:
    """Train a network as the run's recipe says, writing curves and pictures into its folder.

    Raises
    ------
    Stopped
        Where the stop comes before the first batch.
    """
    recipe = run.config.recipe
    assert isinstance(recipe, PixelsSettings)
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
    compiled = _compiled(network, recipe)
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
    compiled.fit(
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
    network.save_weights(str(run.weights))
    return Trained(
        PixelsPredictor(network, recipe),
        epochs=len(rows),
        batches=stop.batches,
        stopped=stop.stopped,
        best=(best["epoch"], best["val_iou"]) if best else None,
    )


def _compiled(network: keras.Model, recipe: PixelsSettings) -> keras.Model:
    """The same layers with an optimizer, a loss and scores; the network itself stays bare."""
    compiled = keras.Model(network.inputs, network.outputs)
    compiled.compile(
        optimizer=keras.optimizers.Adam(recipe.training.learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[ForegroundScores()],
    )
    return compiled


def _note_majority(status: RunStatusWriter, masks: NDArray[np.uint8]) -> None:
    foreground = int(masks.sum())
    scores = PixelCounts(tp=foreground, tn=masks.size - foreground).scores()
    status.note(majority_accuracy=scores["majority_accuracy"])
