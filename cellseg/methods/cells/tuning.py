"""The settings of the instance step that fit a trained network, found on validation images."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.matching import count_matches, overlaps
from cellseg.analysis.pixels import PixelCounts, count_pixels
from cellseg.images.scaling import nearest
from cellseg.methods.cells.augmentation import Annotated
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.recipes.cells.facts import InstanceSettings

TUNED_AT = (0.5, 0.75)
"""IoU thresholds whose AP, averaged, the tuning makes large."""

TRIED: dict[str, tuple[float, ...]] = {
    "second_pass": (0.0, 16.0, 24.0, 30.0, 36.0, 42.0),
    "second_pass_below": (14.0, 18.0, 22.0, 26.0, 36.0),
    "prominence": (0.1, 0.15, 0.2, 0.3, 0.4),
    "smoothing": (0.5, 1.0, 2.0),
    "boundary_weight": (0.0, 0.5, 1.0),
    "foreground": (0.4, 0.5, 0.6, 0.7),
    "min_area": (10, 20, 30),
    "min_score": (0.0, 0.6, 0.7, 0.75, 0.8, 0.85),
}
"""The values of each setting that are tried, one setting after the other."""

MARGIN = 0.003
"""By how much the score must rise for a setting to change: less may be chance."""

TRIED_SEMANTIC: dict[str, tuple[float, ...]] = {
    "foreground": (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7),
    "min_area": (0, 10, 30, 100),
    "min_score": (0.0, 0.6),
}
"""The same where pixels count, not cells."""


def tuned(
    predictor: CellsPredictor, images: Sequence[Annotated], stop: Callable[[], bool]
) -> InstanceSettings:
    """The settings among those tried that score best; each chosen with those before it as chosen.

    Where cells are told apart the score is the mean of AP at 0.5 and 0.75, each pooled over the
    images and as the mean of the images; else the mean of the IoU of foreground and of background.
    Where a stop is asked for, the best so far.
    """
    best = predictor.facts.instances
    if not images:
        return best
    semantic = predictor.facts.target == "semantic"
    value, every = (_mean_iou, TRIED_SEMANTIC) if semantic else (_mean_ap, TRIED)
    image_statistics = [_Looks(predictor, image) for image in images]
    best_value = value(predictor, image_statistics)
    for name, values in every.items():
        others = [best.model_copy(update={name: one}) for one in values]
        reached = [(best_value + MARGIN, best)]
        for settings in others:
            if settings == best or stop():
                continue
            facts = predictor.facts.model_copy(update={"instances": settings})
            reached.append((value(predictor.with_facts(facts), image_statistics), settings))
        found, settings = max(reached, key=lambda one: one[0])
        if settings != best:
            best, best_value = settings, found
    return best


class _Looks:
    """What the network says of an image, and of the same enlarged, where that is asked for."""

    def __init__(self, predictor: CellsPredictor, image: Annotated) -> None:
        self._predictor = predictor
        self._rgb = image.image
        self.truth = image.labels
        self._outputs = {1.0: predictor.outputs(image.image)}

    def labels(self, tried: CellsPredictor) -> NDArray[np.int32]:
        """The cells by a predictor's settings."""
        found = tried.separated(self._outputs[1.0])
        factor = tried.enlargement(found)
        if factor == 1.0:
            return found
        if factor not in self._outputs:
            self._outputs[factor] = self._predictor.closer_outputs(self._rgb, factor)
        return nearest(tried.separated(self._outputs[factor]), *found.shape)


def _mean_ap(tried: CellsPredictor, image_statistics: Sequence[_Looks]) -> float:
    shared = [overlaps(look.truth, look.labels(tried)) for look in image_statistics]
    values = []
    for threshold in TUNED_AT:
        counts = [count_matches(one, threshold) for one in shared]
        each = [ap for one in counts if (ap := one.scores()["ap"]) is not None]
        pooled = sum(counts[1:], counts[0]).scores()["ap"]
        values += [pooled or 0.0, sum(each) / max(1, len(each))]
    return sum(values) / len(values)


def _mean_iou(tried: CellsPredictor, image_statistics: Sequence[_Looks]) -> float:
    total = PixelCounts()
    for look in image_statistics:
        total += count_pixels(look.truth > 0, look.labels(tried) > 0)
    scores = total.scores()
    return ((scores["iou"] or 0.0) + (scores["iou_background"] or 0.0)) / 2.0
