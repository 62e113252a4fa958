"""Which channel of a picture shows the cells, where the model knows no such colours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cellseg.methods.cells.patches import KINDS
from cellseg.recipes.cells.facts import ImageStatistics
from cellseg.segmentation.tiling import Found

COLOURED = 0.1
"""Mean distance of the channels from their mean, as a share of it, from which there are colours."""

SURE = (0.1, 0.9)
"""Probabilities of foreground outside of which the network is sure of a pixel."""

ENOUGH = 0.1
"""Share of the most cells of a channel that another one must have to be considered."""


def strange(rgb: NDArray[np.uint8], image_statistics: ImageStatistics) -> bool:
    """Whether a picture has colours on a ground darker than that of all colours learned.

    So are stains that glow, merged to one picture, to a model that learned from stained slides and
    from single channels: it knows each of the channels, but not the picture.

    Parameters
    ----------
    rgb : uint8 (Y, X, 3), scaled as the training images were.
    looks : of the training images.
    """
    colours, grey = image_statistics.kinds.get(KINDS[0]), image_statistics.kinds.get(KINDS[1])
    if grey is None:
        return False
    values = rgb.astype(np.float32)
    mean = values.mean(axis=-1, keepdims=True)
    if np.abs(values - mean).mean() <= COLOURED * mean.mean():
        return False
    least = colours.brightness[0] if colours else grey.brightness[1]
    return float(mean.mean()) / 255.0 < least


def surest(image_statistics: Sequence[Found]) -> int | None:
    """The channel in which the network is sure of most pixels; None where none has a cell.

    Parameters
    ----------
    looks : cells and foreground probability of each channel.
    """
    cells = [int(labels.max(initial=0)) for labels, _ in image_statistics]
    if not any(cells):
        return None
    sure = [
        float(((seen < SURE[0]) | (seen > SURE[1])).mean()) if count >= ENOUGH * max(cells) else -1
        for count, (_, seen) in zip(cells, image_statistics, strict=True)
    ]
    return int(np.argmax(sure))
