"""What training images look like, and whether another image looks otherwise."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellseg.methods.cells.augmentation import Annotated
from cellseg.methods.cells.patches import KINDS, kind_of
from cellseg.methods.cells.targets import typical_diameter
from cellseg.recipes.cells.facts import ImageStatistics, KindStatistics, Range

MARGIN = 0.1
"""By how much the ranges of the training images are widened, at least."""

WORDS = {
    KINDS[0]: "in colour",
    KINDS[1]: "grey with bright cells",
    KINDS[2]: "grey with dark cells",
}


def looks_of(images: Sequence[Annotated]) -> ImageStatistics:
    """What images look like, kind by kind; grey images without a cell have no kind.

    Brightness and contrast range from percentile 2.5 to 97.5 of the images of a kind, widened by
    0.1 to both sides; by 0.4 divided by the root of their number where that is more. Diameters
    range from percentile 2.5 to 97.5 of all images with a cell.
    """
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
    for image in images:
        if (contrast := _contrast(image)) is not None:
            found[kind_of(image)].append((_brightness(image), contrast))
    kinds = {
        kind: KindStatistics(
            share=round(len(values) / len(images), 4),
            brightness=_range([brightness for brightness, _ in values]),
            contrast=_range([contrast for _, contrast in values]),
        )
        for kind, values in found.items()
        if values
    }
    typical = [diameter for image in images if (diameter := typical_diameter(image.labels))]
    low, high = np.percentile(typical, (2.5, 97.5)) if typical else (0.0, 0.0)
    diameters = (round(float(low), 1), round(float(high), 1)) if typical else None
    return ImageStatistics(kinds=kinds, diameters=diameters)


def unlike(
    rgb: NDArray[np.uint8], labels: NDArray[np.int32], image_statistics: ImageStatistics
) -> str | None:
    """A sentence where an image looks unlike those of the training; None where it does not.

    Parameters
    ----------
    rgb : uint8 (Y, X, 3), scaled as the training images were.
    labels : int32 (Y, X), the cells that were found in it.
    """
    image = Annotated(rgb, labels, np.zeros(labels.shape, np.float32))
    kind, contrast = kind_of(image), _contrast(image)
    if not image_statistics.kinds or (kind != KINDS[0] and contrast is None):
        return None
    look, brightness = image_statistics.kinds.get(kind), _brightness(image)
    if look is None:
        known = " or ".join(WORDS[other] for other in KINDS if other in image_statistics.kinds)
        said = f"This image is {WORDS[kind]}, those that the model learned from are {known}"
    elif not _within(brightness, look.brightness):
        low, high = (min(1.0, max(0.0, end)) for end in look.brightness)
        said = (
            f"The mean brightness of this image is {brightness:.0%}, that of the images "
            f"{WORDS[kind]} that the model learned from {low:.0%} to {high:.0%}"
        )
    elif contrast is not None and not _within(contrast, look.contrast):
        low, high = (min(1.0, max(-1.0, end)) for end in look.contrast)
        said = (
            f"The cells found here differ from their ground by {contrast:+.0%} of brightness, "
            f"in the images {WORDS[kind]} that the model learned from by {low:+.0%} to {high:+.0%}"
        )
    else:
        return None
    channel = "choose one channel as grey, " if kind == KINDS[0] else ""
    return f"{said}; look at the result closely, {channel}or train with such images."


def _brightness(image: Annotated) -> float:
    """Mean of all pixels, 0 to 1."""
    return float(image.image.mean()) / 255.0


def _contrast(image: Annotated) -> float | None:
    """Mean of the cells less that of the ground, -1 to 1; None where one of them is missing."""
    cells = image.labels > 0
    if cells.all() or not cells.any():
        return None
    return float(image.image[cells].mean() - image.image[~cells].mean()) / 255.0


def _range(values: Sequence[float]) -> Range:
    margin = max(MARGIN, 4 * MARGIN / math.sqrt(len(values)))
    low, high = np.percentile(values, (2.5, 97.5))
    return round(float(low) - margin, 3), round(float(high) + margin, 3)


def _within(value: float, known: Range) -> bool:
    return known[0] <= value <= known[1]
