"""From a map of foreground probability to a mask and to separate cells."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import watershed

from cellseg.recipes import InstanceSettings

LOWEST = -2.0
"""Height of the background: lower than distance - weight * boundary can be."""

NEIGHBOURS = np.ones((3, 3))


def enlarged(probability: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
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


def separated_cells(
    foreground: NDArray[np.floating],
    boundary: NDArray[np.floating],
    distance: NDArray[np.floating],
    settings: InstanceSettings,
) -> NDArray[np.int32]:
    """Cells grown from markers by seeded watershed (Meyer & Beucher 1990).

    Markers are the maxima of distance - weight * boundary, smoothed, that rise above the saddles
    to higher ones by at least the prominence (h-maxima, Soille 2003): maxima that noise makes are
    none. They grow over the foreground, down the distance.

    Parameters
    ----------
    foreground, boundary : probabilities (Y, X), 0 to 1.
    distance : to the boundary as a share of the cell's largest, (Y, X).

    Returns
    -------
    int32 (Y, X): 0 is background, 1 to N the cells, none below `min_area` pixels or with a mean
    foreground probability below `min_score`.
    """
    mask = foreground > settings.foreground
    inner = gaussian_filter(distance - settings.boundary_weight * boundary, settings.smoothing)
    inner = np.where(mask, inner, LOWEST).astype(np.float32)
    markers = label(prominent(inner, settings.prominence) & mask, connectivity=2)
    cells = watershed(-inner, markers, mask=mask, connectivity=1)
    return worthy(cells.astype(np.int32), foreground, settings)


def prominent(heights: NDArray[np.float32], prominence: float) -> NDArray[np.bool_]:
    """The tops of the hills that rise at least so far above the saddle to any higher hill.

    Parameters
    ----------
    heights : (Y, X).
    """
    flooded = reconstruction(heights - np.float32(prominence), heights, footprint=NEIGHBOURS)
    bordered = np.pad(flooded, 1, constant_values=-np.inf)  # an even image has a top as well
    return local_maxima(bordered, connectivity=2)[1:-1, 1:-1]


def worthy(
    labels: NDArray[np.int32], foreground: NDArray[np.floating], settings: InstanceSettings
) -> NDArray[np.int32]:
    """The cells that are large and likely enough, numbered anew from 1.

    Parameters
    ----------
    labels : int32 (Y, X). foreground : probability (Y, X), 0 to 1.
    """
    areas = np.bincount(labels.ravel())
    sums = np.bincount(labels.ravel(), foreground.ravel())
    keep = (areas >= settings.min_area) & (sums >= settings.min_score * areas) & (areas > 0)
    keep[0] = False
    numbers = np.cumsum(keep, dtype=np.int32) * keep
    return numbers.astype(np.int32)[labels]
