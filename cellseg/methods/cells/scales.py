"""Scale at which the recipe `cells` segments an image: from its cell diameter or a first pass."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from cellseg.methods.cells.distribution_warnings import MIN_CELLS
from cellseg.methods.cells.targets import LOWER_QUARTILE, typical_diameter
from cellseg.recipes.cells.facts import CellsFacts

SCALE_LIMITS = (0.2, 5.0)
"""Smallest and largest factor by which an image of known cell diameter is scaled."""

MAX_SECOND_PASS_SCALE = 3.0
"""Largest factor by which an image of small cells is enlarged for a second pass."""

STEPS_PER_UNIT = 4
"""Second-pass scales are multiples of 1 / 4, so that tiles can start on the network's grid."""


def scale_of_diameter(diameter: float, facts: CellsFacts) -> float:
    """Factor that brings cells of a known diameter, pixels, to the size of the training cells."""
    scale = facts.scale * facts.diameter / diameter
    return min(SCALE_LIMITS[1], max(SCALE_LIMITS[0], scale))


def second_pass_scale(labels: NDArray[np.int32], facts: CellsFacts) -> float:
    """Factor that enlarges the typical cell to the diameter `InstanceSettings.second_pass`.

    Parameters
    ----------
    labels : int32 (Y, X), the cells of the first pass.
    facts : of the training.

    Returns
    -------
    A multiple of 0.25, from 1 to 3; 1 where no second pass is needed. For a semantic segmentation
    the scale of the training.
    """
    if facts.target == "semantic":
        return facts.scale
    diameter, settings = typical_diameter(labels), facts.instances
    if diameter is None or labels.max() < MIN_CELLS or diameter >= settings.second_pass:
        return 1.0
    below = settings.second_pass_below
    if below is not None and (typical_diameter(labels, LOWER_QUARTILE) or 0.0) >= below:
        return 1.0
    scale = math.ceil(STEPS_PER_UNIT * settings.second_pass / diameter) / STEPS_PER_UNIT
    return min(MAX_SECOND_PASS_SCALE, scale)


def rescale(rgb: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Resize an image, uint8 (Y, X, 3), by a factor with bicubic interpolation."""
    if scale == 1.0:
        return rgb
    size = [max(1, round(length * scale)) for length in rgb.shape[1::-1]]
    return np.asarray(Pillow.fromarray(rgb).resize(size, Pillow.Resampling.BICUBIC))
