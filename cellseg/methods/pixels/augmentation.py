"""Augmentation of training images and their masks in the recipe `pixels`."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def random_flip(image: Pixels, mask: Pixels, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Flip an image together with its mask: horizontally and vertically, each with probability 0.5.

    Parameters
    ----------
    image : uint8 (Y, X, C).
    mask : uint8 (Y, X).
    rng : advanced by two draws.
    """
    if rng.random() < 0.5:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if rng.random() < 0.5:
        image, mask = image[::-1], mask[::-1]
    return image, mask
