"""What chooses weights in the recipe `cells`: scores on images that are kept for it."""

import math
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from cellseg.analysis.evaluation import cell_scores
from cellseg.analysis.matching import MatchCounts, count_matches, overlaps
from cellseg.analysis.pixels import PixelCounts, count_pixels
from cellseg.methods.cells.augmentation import Annotated
from cellseg.methods.cells.predictor import CellsPredictor

KindStatistics = Callable[[int, CellsPredictor], None]
"""Called with the number of an epoch and the predictor of its averaged weights."""


CHOSEN_AT = (0.5, 0.75)
"""IoU thresholds whose AP, pooled and averaged, chooses the weights."""

RARE = 9.0
"""How many times as long as its last scoring a training by minutes goes on before the next."""


class Validation(keras.callbacks.Callback):
    """Scores the moving average of the weights after an epoch, and keeps the best.

    Adds to the epoch's scores `val_ap` (AP at an IoU of 0.5, pooled), `val_count_error` (median
    of |predicted - true| / true), `val_iou` and `val_dice` (pixels). Best is the highest mean of AP
    at 0.5 and 0.75 where cells are told apart (at 0.5 alone chance decides between late epochs,
    whose outlines still gain), else the highest IoU. Must come before callbacks that write the
    scores. Where the loss or a weight is no finite number, `diverged` is set and the training ends.

    Parameters
    ----------
    best : where the best weights are kept.
    look : at the averaged weights, before the training goes on from the others.
    sparing : whether epochs go unscored where scoring would take more than a tenth of the time; the
        last one is scored in any case. Else every epoch is.
    """

    def __init__(
        self,
        images: Sequence[Annotated],
        best: Path,
        patience: int | None,
        look: KindStatistics,
        *,
        sparing: bool = False,
    ) -> None:
        super().__init__()
        self._images = images
        self.best_file = best
        self._patience = patience
        self._look = look
        self._since = 0
        self._sparing = sparing
        self._took, self._scored = 0.0, 0.0
        self.diverged = False
        self.best: tuple[int, float] | None = None
        self.best_scores: dict[str, float | None] = {}

    def begin(self, network: keras.Model, predictor: CellsPredictor) -> None:
        """Watch this network from now on; what was best so far stays so."""
        self._network, self._predictor, self.diverged = network, predictor, False

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """An epoch is done."""
        learned = [variable.numpy() for variable in self.model.trainable_variables]
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss) or not all(np.isfinite(values).all() for values in learned):
            self.diverged = self.model.stop_training = True
            return
        began = time.monotonic()
        too_soon = began - self._scored < RARE * self._took
        if self._sparing and too_soon and not self.model.stop_training:
            return
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        scores, value = score(self._predictor, self._images) if self._images else ({}, 0.0)
        if self.best is None or not self._images or value > self.best[1]:
            self.best, self.best_scores, self._since = (epoch + 1, value), scores, 0
            save(self._network, self.best_file)
        else:
            self._since += 1
        self._look(epoch + 1, self._predictor)
        for variable, before in zip(self.model.trainable_variables, learned, strict=True):
            variable.assign(before)
        self._scored = time.monotonic()
        self._took = self._scored - began
        if self._patience is not None and self._since >= self._patience:
            self.model.stop_training = True
        if logs is not None:
            logs.update({key: number for key, number in scores.items() if number is not None})


def save(network: keras.Model, path: Path) -> None:
    """Save weights so that the file is whole at every moment."""
    temporary = path.with_name(f"writing-{path.name}")
    network.save_weights(str(temporary))
    shutil.move(temporary, path)


def score(
    predictor: CellsPredictor, images: Sequence[Annotated]
) -> tuple[dict[str, float | None], float]:
    """Scores of a predictor on prepared images, and the one by which weights are chosen.

    How much an image of small cells is enlarged is told from its true cells, which saves a look.
    See `Validation`.
    """
    counts: list[list[MatchCounts]] = []
    pixels = PixelCounts()
    for image in images:
        labels = predictor.labels_as(image.image, image.labels)
        shared = overlaps(image.labels, labels)
        counts.append([count_matches(shared, threshold) for threshold in CHOSEN_AT])
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
    return scores, sum(ap or 0.0 for ap in cells["AP"].values()) / len(CHOSEN_AT)
