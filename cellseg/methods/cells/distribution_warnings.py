"""Warnings about images whose appearance or cell size is out of the training distribution."""

import numpy as np
from numpy.typing import NDArray

from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.image_statistics import (
    IMAGE_KINDS,
    image_brightness,
    image_contrast,
    image_kind,
)
from cellseg.methods.cells.targets import typical_diameter
from cellseg.recipes.cells.facts import CellsFacts, ImageStatistics, Range

MIN_CELLS = 5
"""Least number of cells from which the scale of an image is judged."""

MAX_SIZE_RATIO = 1.7
"""Ratio of the cell diameters of an image and of the training above which a warning is due."""

KIND_PHRASES = {
    IMAGE_KINDS[0]: "in colour",
    IMAGE_KINDS[1]: "grey with bright cells",
    IMAGE_KINDS[2]: "grey with dark cells",
}


def appearance_warning(
    rgb: NDArray[np.uint8], labels: NDArray[np.int32], statistics: ImageStatistics
) -> str | None:
    """Warn where the kind, brightness or contrast of an image is out of distribution.

    Parameters
    ----------
    rgb : uint8 (Y, X, 3), scaled as the training images were.
    labels : int32 (Y, X), the predicted cells.
    statistics : of the training images.

    Returns
    -------
    A sentence; None where the image resembles the training images.
    """
    image = AnnotatedImage(rgb, labels, np.zeros(labels.shape, np.float32))
    kind, contrast = image_kind(image), image_contrast(image)
    if not statistics.kinds or (kind != IMAGE_KINDS[0] and contrast is None):
        return None
    known, brightness = statistics.kinds.get(kind), image_brightness(image)
    phrase = KIND_PHRASES[kind]
    if known is None:
        kinds = " or ".join(KIND_PHRASES[each] for each in IMAGE_KINDS if each in statistics.kinds)
        fact = f"This image is {phrase}, but the training images of the model are {kinds}"
    elif not _within(brightness, known.brightness):
        low, high = (min(1.0, max(0.0, end)) for end in known.brightness)
        fact = (
            f"The mean brightness of this image is {brightness:.0%}, but that of the training "
            f"images {phrase} is {low:.0%} to {high:.0%}"
        )
    elif contrast is not None and not _within(contrast, known.contrast):
        low, high = (min(1.0, max(-1.0, end)) for end in known.contrast)
        fact = (
            f"The contrast between cells and background is {contrast:+.0%} in this image, but "
            f"{low:+.0%} to {high:+.0%} in the training images {phrase}"
        )
    else:
        return None
    channel = "choose a single channel, " if kind == IMAGE_KINDS[0] else ""
    return f"{fact}; check the result, {channel}or train with such images."


def size_warning(labels: NDArray[np.int32], facts: CellsFacts) -> str | None:
    """Warn where the cells of an image differ in size from those of the training.

    Parameters
    ----------
    labels : int32 (Y, X), the predicted cells.
    facts : of the training.

    Returns
    -------
    A sentence; None where the sizes agree, or where there are too few cells.
    """
    diameter = typical_diameter(labels)
    if diameter is None or labels.max() < MIN_CELLS:
        return None
    known = facts.image_statistics.diameters if facts.image_statistics else None
    low, high = known or (facts.diameter, facts.diameter)
    if low / MAX_SIZE_RATIO <= diameter <= high * MAX_SIZE_RATIO:
        return None
    trained = f"{low:.0f} to {high:.0f}" if round(low) < round(high) else f"{low:.0f}"
    return (
        f"The cells in this image are typically {diameter:.0f} pixels in diameter, but those of "
        f"the training images are {trained}; check the result, and enter the cell diameter if "
        "cells are split or merged."
    )


def _within(value: float, usual: Range) -> bool:
    return usual[0] <= value <= usual[1]
