"""Changes to a training image that its mask must follow: both go through one call."""

import numpy as np
from numpy.typing import NDArray


def flip(
    image: NDArray[np.uint8], mask: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Mirror an image and its mask alike: left-right and up-down, each with chance one half.

    Parameters
    ----------
    image : (Y, X, C).
    mask : (Y, X).
    rng : draws twice.
    """
    if rng.random() < 0.5:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if rng.random() < 0.5:
        image, mask = image[::-1], mask[::-1]
    return image, mask
