"""Scores of a model on a dataset: of pixels at network size and image size, and of cells."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.matching import (
    MatchCounts,
    Summary,
    count_matches,
    overlaps,
    summarise_matches,
)
from cellseg.analysis.pixel_scores import PixelCounts, count_pixels
from cellseg.datasets.store import Dataset
from cellseg.images.image import Image
from cellseg.segmentation.predictor import Predictor

SIZES = ("network_size", "image_size")

THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""IoU thresholds 0.5 to 0.95, as in the 2018 Data Science Bowl (Caicedo et al. 2019)."""


def evaluate(
    predictor: Predictor,
    dataset: Dataset,
    names: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score a model on the named pairs of a dataset.

    Parameters
    ----------
    progress : called with (pairs done, pairs in all).

    Returns
    -------
    `together` : for `network_size` and `image_size` the scores of `PixelCounts.scores`, pooled
    over the pixels of all images; all None at network size where the network has no size of its
    own. For `image_size` also those of `cell_scores`. `per_image` : a list with `name` and the
    same two for each.
    """
    pooled = dict.fromkeys(SIZES, PixelCounts())
    per_image, matches = [], []
    for done, name in enumerate(names, start=1):
        image, truth = dataset.image(name), dataset.labels(name)
        labels = predictor.cells(image).labels
        counts = {
            "network_size": _at_network_size(predictor, image, truth > 0),
            "image_size": count_pixels(truth > 0, labels > 0),
        }
        shared = overlaps(truth, labels)
        matches.append([count_matches(shared, threshold) for threshold in THRESHOLDS])
        pooled = {size: pooled[size] + counts[size] for size in SIZES}
        scores: dict[str, Any] = {size: counts[size].scores() for size in SIZES}
        scores["image_size"] |= cell_scores(matches[-1:])
        per_image.append({"name": name, **scores})
        if progress:
            progress(done, len(names))
    together: dict[str, Any] = {size: counts.scores() for size, counts in pooled.items()}
    together["image_size"] |= cell_scores(matches)
    return {"together": together, "per_image": per_image}


def cell_scores(images: Sequence[Sequence[MatchCounts]]) -> dict[str, Any]:
    """Scores of cells, of one or more images, each matched at the same thresholds, 0.5 first.

    Definitions as in `matching.MatchCounts.scores`. None where undefined: an image without a cell
    in truth and prediction takes part in nothing.

    Returns
    -------
    AP : by threshold, of all cells together. AP_mean : by threshold, mean over the images.
    F1, PQ : of all cells together, at the first threshold.
    count_error : median over the images of |predicted - true| / true, cells, where there are any.
    """
    if not images:
        return {}
    by_threshold: list[Summary] = [
        summarise_matches(counts) for counts in zip(*images, strict=True)
    ]
    first = by_threshold[0].pooled
    errors = [
        abs(counts[0].fp - counts[0].fn) / (counts[0].tp + counts[0].fn)
        for counts in images
        if counts[0].tp + counts[0].fn
    ]
    return {
        "AP": {f"{each.threshold:g}": each.pooled["ap"] for each in by_threshold},
        "AP_mean": {f"{each.threshold:g}": each.image_means["ap"] for each in by_threshold},
        "F1": first["f1"],
        "PQ": first["pq"],
        "count_error": statistics.median(errors) if errors else None,
    }


def _at_network_size(
    predictor: Predictor, image: Image, foreground: NDArray[np.bool_]
) -> PixelCounts:
    masks = predictor.masks_at_network_size(image, foreground)
    return count_pixels(*masks) if masks is not None else PixelCounts()
