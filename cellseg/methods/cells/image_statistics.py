"""Brightness, contrast and cell sizes of the training images, for each kind of image."""

import math
from collections.abc import Sequence

import numpy as np

from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.targets import typical_diameter
from cellseg.recipes.cells.facts import ImageStatistics, KindStatistics, Range

IMAGE_KINDS = ("colour", "bright cells", "dark cells")
"""The kinds of image; see `image_kind`."""

MIN_COLOUR_DEVIATION = 4.0
"""Mean deviation of the channels from their mean above which an image is coloured, grey levels."""

MIN_MARGIN = 0.1
"""Least margin by which the ranges of the training images are widened."""

CENTRAL_RANGE = (2.5, 97.5)
"""Percentiles between which the values of the training images are usual."""


def image_kind(source: AnnotatedImage) -> str:
    """Kind of an image: coloured, or else grey with cells brighter or darker than the background.

    Returns
    -------
    One of `IMAGE_KINDS`.
    """
    image, cells = source.image, source.labels > 0
    if (image != image[..., :1]).any():
        colours = image.astype(np.float32)
        deviation = np.abs(colours - colours.mean(axis=-1, keepdims=True)).mean()
        if deviation > MIN_COLOUR_DEVIATION:
            return IMAGE_KINDS[0]
    inside = image[cells].mean() if cells.any() else 255.0
    outside = image[~cells].mean() if not cells.all() else 0.0
    return IMAGE_KINDS[1] if inside >= outside else IMAGE_KINDS[2]


def compute_statistics(images: Sequence[AnnotatedImage]) -> ImageStatistics:
    """Statistics of images for each kind; images with nothing but cells or background are left out.

    Brightness and contrast range from percentile 2.5 to 97.5 of the images of a kind, widened on
    both sides by 0.1, or by 0.4 divided by the square root of their number if that is more.
    Diameters range from percentile 2.5 to 97.5 of all images with cells.
    """
    values: dict[str, list[tuple[float, float]]] = {kind: [] for kind in IMAGE_KINDS}
    for image in images:
        if (contrast := image_contrast(image)) is not None:
            values[image_kind(image)].append((image_brightness(image), contrast))
    kinds = {
        kind: KindStatistics(
            share=round(len(pairs) / len(images), 4),
            brightness=_usual_range([brightness for brightness, _ in pairs]),
            contrast=_usual_range([contrast for _, contrast in pairs]),
        )
        for kind, pairs in values.items()
        if pairs
    }
    typical = [diameter for image in images if (diameter := typical_diameter(image.labels))]
    low, high = np.percentile(typical, CENTRAL_RANGE) if typical else (0.0, 0.0)
    diameters = (round(float(low), 1), round(float(high), 1)) if typical else None
    return ImageStatistics(kinds=kinds, diameters=diameters)


def image_brightness(source: AnnotatedImage) -> float:
    """Mean of all pixels, 0 to 1."""
    return float(source.image.mean()) / 255.0


def image_contrast(source: AnnotatedImage) -> float | None:
    """Mean of the cells minus the mean of the background, -1 to 1.

    Returns
    -------
    None where there is no cell or no background.
    """
    cells = source.labels > 0
    if cells.all() or not cells.any():
        return None
    return float(source.image[cells].mean() - source.image[~cells].mean()) / 255.0


def _usual_range(values: Sequence[float]) -> Range:
    margin = max(MIN_MARGIN, 4 * MIN_MARGIN / math.sqrt(len(values)))
    low, high = np.percentile(values, CENTRAL_RANGE)
    return round(float(low) - margin, 3), round(float(high) + margin, 3)
