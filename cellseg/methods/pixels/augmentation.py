"""Augmentation of training images and their masks in the recipe `pixels`."""

import numpy as np
from numpy.typing import NDArray

Uint8Array = NDArray[np.uint8]


def random_flip(
    image: Uint8Array, mask: Uint8Array, rng: np.random.Generator
) -> tuple[Uint8Array, Uint8Array]:
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
