"""Validation in the recipe `cells`: scores on validation images choose the best weights."""

import math
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from cellseg.analysis.evaluation import cell_scores
from cellseg.analysis.matching import MatchCounts, count_matches, overlaps
from cellseg.analysis.pixel_scores import PixelCounts, count_pixels
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.predictor import CellsPredictor

OnScored = Callable[[int, CellsPredictor], None]
"""Called with the number of an epoch and the predictor with its averaged weights."""

AP_THRESHOLDS = (0.5, 0.75)
"""IoU thresholds whose AP, averaged, is the score of an instance segmentation."""

MIN_PAUSE_RATIO = 9.0
"""Least time between two validations of a training by minutes, in durations of the last one."""


class Validation(keras.callbacks.Callback):
    """Scores the moving average of the weights after an epoch, and keeps the best weights.

    Adds to the logs of the epoch `val_ap` (AP at an IoU of 0.5, pooled), `val_count_error` (median
    of |predicted - true| / true), `val_iou` and `val_dice` (pixels). The best weights have the
    highest mean of AP at 0.5 and 0.75 for instances (AP at 0.5 alone hardly distinguishes late
    epochs, whose outlines still improve), else the highest IoU. The callback must precede those
    that write the logs.

    diverged : whether the loss or a weight was not finite, which ends the training.
    best : epoch and score of the best weights; None before the first validation.
    best_scores : scores of that epoch.

    Parameters
    ----------
    images : of validation, preprocessed.
    best_file : where the best weights are stored.
    patience : number of validations without improvement that end the training; None never.
    on_scored : called while the network has the averaged weights.
    limit_time : whether epochs are skipped so that validation takes at most a tenth of the time;
        the last epoch is always scored.
    """

    def __init__(
        self,
        images: Sequence[AnnotatedImage],
        best_file: Path,
        patience: int | None,
        on_scored: OnScored,
        *,
        limit_time: bool = False,
    ) -> None:
        super().__init__()
        self._images = images
        self.best_file = best_file
        self._patience = patience
        self._on_scored = on_scored
        self._without_improvement = 0
        self._limit_time = limit_time
        self._duration, self._ended = 0.0, 0.0
        self.diverged = False
        self.best: tuple[int, float] | None = None
        self.best_scores: dict[str, float | None] = {}

    def begin(self, network: keras.Model, predictor: CellsPredictor) -> None:
        """Validate this network from now on; the best weights so far are kept."""
        self._network, self._predictor, self.diverged = network, predictor, False

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Score the averaged weights, then restore those of the optimizer."""
        trained = [variable.numpy() for variable in self.model.trainable_variables]
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss) or not all(np.isfinite(values).all() for values in trained):
            self.diverged = self.model.stop_training = True
            return
        started = time.monotonic()
        too_soon = started - self._ended < MIN_PAUSE_RATIO * self._duration
        if self._limit_time and too_soon and not self.model.stop_training:
            return
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        scores, value = score(self._predictor, self._images) if self._images else ({}, 0.0)
        if self.best is None or not self._images or value > self.best[1]:
            self.best, self.best_scores = (epoch + 1, value), scores
            self._without_improvement = 0
            save_weights(self._network, self.best_file)
        else:
            self._without_improvement += 1
        self._on_scored(epoch + 1, self._predictor)
        for variable, values in zip(self.model.trainable_variables, trained, strict=True):
            variable.assign(values)
        self._ended = time.monotonic()
        self._duration = self._ended - started
        if self._patience is not None and self._without_improvement >= self._patience:
            self.model.stop_training = True
        if logs is not None:
            logs.update({key: number for key, number in scores.items() if number is not None})


def save_weights(network: keras.Model, path: Path) -> None:
    """Save weights atomically: the file at `path` is complete at any time."""
    temporary = path.with_name(f"writing-{path.name}")
    network.save_weights(str(temporary))
    shutil.move(temporary, path)


def score(
    predictor: CellsPredictor, images: Sequence[AnnotatedImage]
) -> tuple[dict[str, float | None], float]:
    """Scores of a predictor on preprocessed images, and the one that chooses the weights.

    The scale of the second pass follows from the true cells, which saves the first pass; see
    `Validation` for the scores.
    """
    counts: list[list[MatchCounts]] = []
    pixels = PixelCounts()
    for image in images:
        labels = predictor.labels_at_true_scale(image.image, image.labels)
        table = overlaps(image.labels, labels)
        counts.append([count_matches(table, threshold) for threshold in AP_THRESHOLDS])
        pixels += count_pixels(image.labels > 0, labels > 0)
    cells, by_pixel = cell_scores(counts), pixels.scores()
    scores = {
        "val_ap": cells["AP"]["0.5"],
        "val_count_error": cells["count_error"],
        "val_iou": by_pixel["iou"],
        "val_dice": by_pixel["dice"],
    }
    if predictor.facts.target == "semantic":
        return scores, by_pixel["iou"] or 0.0
    return scores, sum(ap or 0.0 for ap in cells["AP"].values()) / len(AP_THRESHOLDS)
