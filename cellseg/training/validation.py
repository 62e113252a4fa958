"""What chooses weights and thresholds in the recipe `cells`: scores on images kept for it."""

import itertools
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras

from cellseg.analysis.evaluation import cell_scores
from cellseg.analysis.matching import MatchCounts, count_matches, overlaps
from cellseg.analysis.pixels import PixelCounts, count_pixels
from cellseg.network.augmentation import Annotated
from cellseg.recipes import InstanceSettings
from cellseg.segmentation.cells_predictor import CellsPredictor

TUNED_AT = (0.5, 0.75)
"""IoU thresholds whose AP, averaged, the tuning makes large."""

GRID = {
    "foreground": (0.4, 0.5, 0.6),
    "boundary_weight": (0.0, 0.5),
    "marker": (0.2, 0.35, 0.5, 0.65),
}
"""The settings that are tried, all with all."""

Stop = Callable[[], bool]


class Validation(keras.callbacks.Callback):
    """Scores the moving average of the weights after each epoch, and keeps the best.

    Adds to the epoch's scores `val_ap` (AP at an IoU of 0.5, pooled), `val_count_error` (median
    of |predicted - true| / true), `val_iou` and `val_dice` (pixels). Best is the highest AP where
    cells are told apart, else the highest IoU. Must come before callbacks that write the scores.
    """

    def __init__(
        self,
        network: keras.Model,
        predictor: CellsPredictor,
        images: Sequence[Annotated],
        best: Path,
        patience: int | None,
    ) -> None:
        super().__init__()
        self._network = network
        self._predictor = predictor
        self._images = images
        self._best_file = best
        self._patience = patience
        self._since = 0
        self.best: tuple[int, float] | None = None
        self.best_scores: dict[str, float | None] = {}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """An epoch is done."""
        learned = [variable.numpy() for variable in self.model.trainable_variables]
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        scores = score(self._predictor, self._images) if self._images else {}
        semantic = self._predictor.facts.target == "semantic"
        value = scores.get("val_iou" if semantic else "val_ap")
        if self.best is None or not self._images or (value or 0.0) > self.best[1]:
            self.best, self.best_scores, self._since = (epoch + 1, value or 0.0), scores, 0
            save(self._network, self._best_file)
        else:
            self._since += 1
        for variable, before in zip(self.model.trainable_variables, learned, strict=True):
            variable.assign(before)
        if self._patience is not None and self._since >= self._patience:
            self.model.stop_training = True
        if logs is not None:
            logs.update({key: number for key, number in scores.items() if number is not None})


def save(network: keras.Model, path: Path) -> None:
    """Save weights so that the file is whole at every moment."""
    temporary = path.with_name(f"writing-{path.name}")
    network.save_weights(str(temporary))
    shutil.move(temporary, path)


def score(predictor: CellsPredictor, images: Sequence[Annotated]) -> dict[str, float | None]:
    """Scores of a predictor on prepared images; see `Validation`."""
    counts: list[list[MatchCounts]] = []
    pixels = PixelCounts()
    for image in images:
        labels = predictor.separated(predictor.outputs(image.image))
        counts.append([count_matches(overlaps(image.labels, labels), 0.5)])
        pixels += count_pixels(image.labels > 0, labels > 0)
    cells, by_pixel = cell_scores(counts), pixels.scores()
    return {
        "val_ap": cells["AP"]["0.5"],
        "val_count_error": cells["count_error"],
        "val_iou": by_pixel["iou"],
        "val_dice": by_pixel["dice"],
    }


def tuned(predictor: CellsPredictor, images: Sequence[Annotated], stop: Stop) -> InstanceSettings:
    """The settings of `GRID` with the best mean of AP at 0.5 and 0.75, pooled over the images.

    The smallest cell is half as large as the smallest hundredth of the true ones. Where a stop is
    asked for, the best so far.
    """
    facts = predictor.facts
    if facts.target == "semantic" or not images:
        return facts.instances
    outputs = [predictor.outputs(image.image) for image in images]
    best, best_value = facts.instances, -1.0
    for values in itertools.product(*GRID.values()):
        settings = facts.instances.model_copy(update=dict(zip(GRID, values, strict=True)))
        tried = predictor.with_facts(facts.model_copy(update={"instances": settings}))
        totals: list[Any] = [MatchCounts(threshold) for threshold in TUNED_AT]
        for image, output in zip(images, outputs, strict=True):
            shared = overlaps(image.labels, tried.separated(output))
            totals = [total + count_matches(shared, total.threshold) for total in totals]
        value = sum(total.scores()["ap"] or 0.0 for total in totals) / len(totals)
        if value > best_value:
            best, best_value = settings, value
        if stop():
            break
    return best
