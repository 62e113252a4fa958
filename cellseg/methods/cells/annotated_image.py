"""A training image with its label image and its distance map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """An image or a patch of one, with its annotation; the three arrays have the same Y and X.

    image : uint8 (Y, X, 3), intensities scaled to 0 to 255.
    labels : int32 (Y, X); 0 is background, each cell has a number of its own.
    distance : float32 (Y, X), 0 to 1; see `targets.distance_map`.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.int32]
    distance: NDArray[np.float32]
