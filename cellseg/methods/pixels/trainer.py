"""Trainer of the recipe `pixels`: from the settings and data of a run to a trained network."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.pixel_scores import PixelCounts
from cellseg.methods.pixels.callbacks import SamplePictures, SaveBest
from cellseg.methods.pixels.metrics import ForegroundScores
from cellseg.methods.pixels.model import build_pixels_unet
from cellseg.methods.pixels.pipeline import scoring_batches, training_batches
from cellseg.methods.pixels.predictor import PixelsPredictor
from cellseg.methods.pixels.preprocessing import load_arrays
from cellseg.recipes.pixels.settings import PixelsSettings
from cellseg.training.callbacks import ProgressReport, StopOnRequest
from cellseg.training.engine import StoppedBeforeStart, TrainingData, TrainingResult
from cellseg.training.runs import Run
from cellseg.training.status import MetricsFile, RunStatusWriter

SAMPLES = 4
"""Number of images that are predicted and shown after each epoch."""


def train(
    run: Run,
    data: TrainingData,
    initial_weights: Path | None,
    status: RunStatusWriter,
    stop_requested: Callable[[], bool],
) -> TrainingResult:
    """Train a network by the settings of a run; curves and pictures go to the folder of the run.

    Raises
    ------
    StoppedBeforeStart
        Where the user stops before the first batch.
    """
    settings = run.config.recipe
    assert isinstance(settings, PixelsSettings)
    keras.utils.set_random_seed(settings.training.seed)

    def report_reading(done: int, of: int) -> None:
        status.update(phase=f"Reading images, {done} of {of}")
        if stop_requested():
            raise StoppedBeforeStart

    images, masks = load_arrays(
        data.train_dataset, data.train_names, settings.preprocessing, report_reading
    )
    test_images, test_masks = load_arrays(
        data.test_dataset, data.test_names, settings.preprocessing, report_reading
    )
    _report_majority_accuracy(status, test_masks if len(data.test_names) else masks)

    status.set_phase("Building the network")
    network = build_pixels_unet(
        settings.preprocessing.image_size, settings.network, initial_weights
    )
    compiled = _compile(network, settings)
    batch_size = settings.training.batch_size_for(len(images))
    sample_names, sample_images, sample_masks = (
        (data.test_names, test_images, test_masks)
        if data.test_names
        else (data.train_names, images, masks)
    )
    pictures = SamplePictures(
        run.folder / "samples",
        sample_names[:SAMPLES],
        sample_images[:SAMPLES],
        sample_masks[:SAMPLES],
    )
    metrics = MetricsFile(run.folder)
    stop = StopOnRequest(stop_requested)
    callbacks: list[keras.callbacks.Callback] = [
        stop,
        ProgressReport(status, metrics, steps=-(-len(images) // batch_size)),
        pictures,
    ]
    if data.test_names:
        callbacks.append(SaveBest(network, run.best_on_test))
    status.set_phase("Preparing the first step, about 10 s")
    compiled.fit(
        training_batches(images, masks, batch_size, settings.training.seed),
        validation_data=scoring_batches(test_images, test_masks, 16) if data.test_names else None,
        epochs=settings.training.epochs,
        callbacks=callbacks,
        shuffle=False,  # the pipeline shuffles
        verbose=0,
    )
    rows = run.metrics()
    scored = [row for row in rows if row.get("val_iou") is not None]
    best = max(scored, key=lambda row: row["val_iou"], default=None)
    network.save_weights(str(run.weights))
    return TrainingResult(
        PixelsPredictor(network, settings),
        epochs=len(rows),
        batches=stop.batches,
        stopped=stop.stopped,
        best=(best["epoch"], best["val_iou"]) if best else None,
    )


def _compile(network: keras.Model, settings: PixelsSettings) -> keras.Model:
    """Model of the same layers with optimizer, loss and scores; `network` is not compiled."""
    compiled = keras.Model(network.inputs, network.outputs)
    compiled.compile(
        optimizer=keras.optimizers.Adam(settings.training.learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[ForegroundScores()],
    )
    return compiled


def _report_majority_accuracy(status: RunStatusWriter, masks: NDArray[np.uint8]) -> None:
    foreground = int(masks.sum())
    scores = PixelCounts(tp=foreground, tn=masks.size - foreground).scores()
    status.update(majority_accuracy=scores["majority_accuracy"])
