"""Result of the segmentation of an image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellseg.recipes.base import Precision


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells that a model predicts in an image, at the size of the image.

    labels : int32 (Y, X); 0 is background, 1 to N the cells.
    probability : of foreground, float32 (Y, X), 0 to 1.
    warnings : sentences about the image, where it is out of the distribution of the training.
    precision : in which the network computed.
    """

    labels: NDArray[np.int32]
    probability: NDArray[np.float32]
    warnings: tuple[str, ...] = ()
    precision: Precision = "float32"
