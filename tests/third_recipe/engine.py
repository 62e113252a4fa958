"""Trains and predicts by a threshold, without TensorFlow."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.pixel_scores import PixelCounts, count_pixels
from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.models.store import Model
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import connected_components
from cellseg.segmentation.tiling import PartsCallback
from cellseg.training.engine import TrainingData, TrainingResult
from cellseg.training.runs import Run
from cellseg.training.status import MetricsFile, RunStatusWriter
from tests.third_recipe.recipe import BrightnessFacts, BrightnessSettings

Mask = NDArray[np.bool_]


class Brightness:
    """What is brighter than the threshold is cell."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def mask(self, image: Image) -> Mask:
        """Foreground, bool (Y, X)."""
        pixels = image.pixels if image.axes == "YX" else image.pixels.mean(axis=-1)
        return pixels > self.threshold

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: PartsCallback | None = None,
    ) -> Cells:
        """The connected components of the mask."""
        mask = self.mask(image)
        return Cells(connected_components(mask), mask.astype(np.float32))

    def masks_at_network_size(self, image: Image, truth: Mask) -> None:
        """None: there is no network."""


class Engine:
    """Tries thresholds and keeps the best."""

    def train(
        self,
        run: Run,
        data: TrainingData,
        start: Path | None,
        status: RunStatusWriter,
        stop_requested: Callable[[], bool],
    ) -> TrainingResult:
        """One threshold is one epoch."""
        settings = run.config.recipe
        assert isinstance(settings, BrightnessSettings)
        metrics, tried = MetricsFile(run.folder), []
        pairs = [
            (data.train_dataset.image(n), data.train_dataset.foreground(n))
            for n in data.train_names
        ]
        for epoch, threshold in enumerate(np.linspace(0, 255, settings.training.steps), start=1):
            predictor, counts = Brightness(float(threshold)), PixelCounts()
            for image, truth in pairs:
                counts += count_pixels(truth, predictor.mask(image))
            iou = counts.scores()["iou"] or 0.0
            tried.append((iou, float(threshold)))
            metrics.append({"epoch": epoch, "iou": iou, "seconds": 0.0})
        threshold = max(tried)[1]
        with h5py.File(run.weights, "w") as file:
            file["threshold"] = threshold
        facts = BrightnessFacts(threshold=threshold)
        return TrainingResult(
            Brightness(threshold), len(tried), len(tried), stopped=False, facts=facts
        )

    def load(self, model: Model) -> Brightness:
        """The predictor of a published model."""
        with h5py.File(model.weights) as file:
            return Brightness(float(file["threshold"][()]))


ENGINE = Engine()
