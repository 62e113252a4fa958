"""Selection of the channel to segment in colour images of a kind that the model does not know."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellseg.methods.cells.image_statistics import IMAGE_KINDS
from cellseg.recipes.cells.facts import ImageStatistics
from cellseg.segmentation.tiling import WindowResult

MIN_COLOURFULNESS = 0.1
"""Mean deviation of the channels from their mean, divided by it, above which there is colour."""

CONFIDENT = (0.1, 0.9)
"""Foreground probabilities outside of which a pixel is classified confidently."""

MIN_CELL_FRACTION = 0.1
"""Fraction of the cells of the channel with most cells that a channel needs to be considered."""


def has_unknown_colours(rgb: NDArray[np.uint8], statistics: ImageStatistics) -> bool:
    """Whether an image is coloured on a background darker than in all coloured training images.

    A merge of fluorescence channels is such an image for a model that was trained on stained
    slides and on single channels: it knows each channel, but not the merge.

    Parameters
    ----------
    rgb : uint8 (Y, X, 3), scaled as the training images were.
    statistics : of the training images.
    """
    colour, bright = statistics.kinds.get(IMAGE_KINDS[0]), statistics.kinds.get(IMAGE_KINDS[1])
    if bright is None:
        return False
    values = rgb.astype(np.float32)
    mean = values.mean(axis=-1, keepdims=True)
    if np.abs(values - mean).mean() <= MIN_COLOURFULNESS * mean.mean():
        return False
    darkest = colour.brightness[0] if colour else bright.brightness[1]
    return float(mean.mean()) / 255.0 < darkest


def most_confident_channel(channels: Sequence[WindowResult]) -> int | None:
    """Index of the channel with the most confidently classified pixels.

    Parameters
    ----------
    channels : label image and foreground probability of each channel.

    Returns
    -------
    None where no channel has a cell.
    """
    cells = [int(labels.max(initial=0)) for labels, _ in channels]
    if not any(cells):
        return None
    confident = [
        float(((probability < CONFIDENT[0]) | (probability > CONFIDENT[1])).mean())
        if count >= MIN_CELL_FRACTION * max(cells)
        else -1
        for count, (_, probability) in zip(cells, channels, strict=True)
    ]
    return int(np.argmax(confident))
