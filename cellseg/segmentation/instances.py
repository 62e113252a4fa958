"""From a probability map to a foreground mask and its connected components."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from skimage.measure import label


def resize_probability(
    probability: NDArray[np.float32], height: int, width: int
) -> NDArray[np.float32]:
    """Resize a probability map bilinearly, with aligned pixel centres.

    Parameters
    ----------
    probability : float32 (Y, X), 0 to 1.
    height, width : of the result, pixels.

    Returns
    -------
    float32 (height, width), 0 to 1.
    """
    resized = Pillow.fromarray(probability).resize((width, height), Pillow.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)


def foreground_mask(probability: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Pixels whose foreground probability is above 0.5, the argmax of the two classes.

    Parameters
    ----------
    probability : of foreground, float (Y, X), 0 to 1.

    Returns
    -------
    bool (Y, X); a probability of exactly 0.5 is background.
    """
    return probability > 0.5


def connected_components(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Label the 4-connected components of a mask.

    Parameters
    ----------
    mask : bool (Y, X).

    Returns
    -------
    int32 (Y, X): 0 is background, 1 to N the components.
    """
    return label(mask, connectivity=1).astype(np.int32)
