"""From a probability map to a mask and its connected components."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from skimage.measure import label


def resized_probability(
    probability: NDArray[np.float32], height: int, width: int
) -> NDArray[np.float32]:
    """A probability map resized bilinearly, pixel centres on pixel centres.

    Parameters
    ----------
    probability : float32 (Y, X), 0 to 1.
    height, width : of the result, pixels.
    """
    picture = Pillow.fromarray(probability).resize((width, height), Pillow.Resampling.BILINEAR)
    return np.asarray(picture, np.float32)


def mask_of(probability: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Foreground where it is the likelier of the two classes (argmax; a tie is background).

    Parameters
    ----------
    probability : of foreground, (Y, X), 0 to 1.
    """
    return probability > 0.5


def connected_components(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number the connected parts of a mask.

    Parameters
    ----------
    mask : bool (Y, X).

    Returns
    -------
    int32 (Y, X): 0 is background, 1 to N the parts; pixels connect by their edges, not corners.
    """
    return label(mask, connectivity=1).astype(np.int32)
