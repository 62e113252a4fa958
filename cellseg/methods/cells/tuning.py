"""Tuning of the instance settings of a trained network on validation images."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.matching import count_matches, overlaps
from cellseg.analysis.pixel_scores import PixelCounts, count_pixels
from cellseg.images.scaling import nearest
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.methods.cells.validation import AP_THRESHOLDS
from cellseg.recipes.cells.facts import InstanceSettings

INSTANCE_CANDIDATES: dict[str, tuple[float, ...]] = {
    "second_pass": (0.0, 16.0, 24.0, 30.0, 36.0, 42.0),
    "second_pass_below": (14.0, 18.0, 22.0, 26.0, 36.0),
    "prominence": (0.1, 0.15, 0.2, 0.3, 0.4),
    "smoothing": (0.5, 1.0, 2.0),
    "boundary_weight": (0.0, 0.5, 1.0),
    "foreground": (0.4, 0.5, 0.6, 0.7),
    "min_area": (10, 20, 30),
    "min_score": (0.0, 0.6, 0.7, 0.75, 0.8, 0.85),
}
"""Values of each setting that are tried, one setting after the other, for instances."""

SEMANTIC_CANDIDATES: dict[str, tuple[float, ...]] = {
    "foreground": (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7),
    "min_area": (0, 10, 30, 100),
    "min_score": (0.0, 0.6),
}
"""The same for a semantic segmentation."""

MIN_IMPROVEMENT = 0.003
"""Least increase of the score for which a setting changes; a smaller one may be chance."""


def tune_instance_settings(
    predictor: CellsPredictor,
    images: Sequence[AnnotatedImage],
    stop_requested: Callable[[], bool],
) -> InstanceSettings:
    """Choose the instance settings with the best score by coordinate search.

    For instances the score is the mean of AP at IoU thresholds of 0.5 and 0.75, each both pooled
    over the cells of all images and averaged over the images; for a semantic segmentation it is the
    mean of the IoU of foreground and of background.

    Parameters
    ----------
    predictor : its settings are where the search starts.
    images : of validation; without images the settings stay.
    stop_requested : whether to stop the search; the best settings so far are returned.
    """
    best = predictor.facts.instances
    if not images:
        return best
    semantic = predictor.facts.target == "semantic"
    score, candidates = (
        (_mean_iou, SEMANTIC_CANDIDATES) if semantic else (_mean_ap, INSTANCE_CANDIDATES)
    )
    predictions = [_CachedPrediction(predictor, image) for image in images]
    best_score = score(predictor, predictions)
    for name, values in candidates.items():
        trials = [best.model_copy(update={name: value}) for value in values]
        scored = [(best_score + MIN_IMPROVEMENT, best)]
        for settings in trials:
            if settings == best or stop_requested():
                continue
            facts = predictor.facts.model_copy(update={"instances": settings})
            scored.append((score(predictor.with_facts(facts), predictions), settings))
        highest, settings = max(scored, key=lambda trial: trial[0])
        if settings != best:
            best, best_score = settings, highest
    return best


class _CachedPrediction:
    """Outputs of the network for an image, computed once for each scale."""

    def __init__(self, predictor: CellsPredictor, image: AnnotatedImage) -> None:
        self._predictor = predictor
        self._rgb = image.image
        self.truth = image.labels
        self._outputs = {1.0: predictor.outputs(image.image)}

    def labels(self, trial: CellsPredictor) -> NDArray[np.int32]:
        """Label image by the settings of a predictor."""
        labels = trial.instances(self._outputs[1.0])
        scale = trial.second_pass_scale(labels)
        if scale == 1.0:
            return labels
        if scale not in self._outputs:
            self._outputs[scale] = self._predictor.scaled_outputs(self._rgb, scale)
        return nearest(trial.instances(self._outputs[scale]), *labels.shape)


def _mean_ap(trial: CellsPredictor, predictions: Sequence[_CachedPrediction]) -> float:
    overlap_tables = [overlaps(one.truth, one.labels(trial)) for one in predictions]
    values = []
    for threshold in AP_THRESHOLDS:
        counts = [count_matches(table, threshold) for table in overlap_tables]
        per_image = [ap for one in counts if (ap := one.scores()["ap"]) is not None]
        pooled = sum(counts[1:], counts[0]).scores()["ap"]
        values += [pooled or 0.0, sum(per_image) / max(1, len(per_image))]
    return sum(values) / len(values)


def _mean_iou(trial: CellsPredictor, predictions: Sequence[_CachedPrediction]) -> float:
    total = PixelCounts()
    for one in predictions:
        total += count_pixels(one.truth > 0, one.labels(trial) > 0)
    scores = total.scores()
    return ((scores["iou"] or 0.0) + (scores["iou_background"] or 0.0)) / 2.0
