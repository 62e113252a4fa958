"""Cells outside of the region of an image that was labelled."""

import math
from dataclasses import replace

import numpy as np
from scipy import ndimage

from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8

Box = tuple[int, int, int, int]
"""First row, first column, row after the last, column after the last."""

LARGEST_REGION = 0.6
"""Share of the image beyond which a labelled region counts as the whole image."""

_LEVELS = 8  # of each colour channel
_SIMILAR_DENSITY = 0.6  # of the cell density inside, from which a window outside is suspicious
_MIN_WINDOWS = 0.1  # share of suspicious windows outside
_SAMPLE_PIXELS = 1 << 20


def partly_labelled_region(image: Image, mask: np.ndarray) -> Box | None:
    """The labelled box of an image whose cells outside of this box are not labelled.

    A colour histogram of cells and one of background, both from inside the box, classify the
    pixels outside. The image is partly labelled where enough windows outside hold nearly as many
    cell pixels as the box.

    Parameters
    ----------
    mask : (Y, X) of the image's size; not 0 in cells.

    Returns
    -------
    The box in pixels; None where the whole image seems labelled or colours do not tell.
    """
    drawn = mask != 0
    if not drawn.any():
        return None
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    box = (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    step = max(1, math.ceil(math.sqrt(mask.size / _SAMPLE_PIXELS)))
    inside = np.zeros(mask.shape, bool)
    inside[box[0] : box[2], box[1] : box[3]] = True
    inside, drawn = inside[::step, ::step], drawn[::step, ::step]
    if inside.mean() > LARGEST_REGION or min(box[2] - box[0], box[3] - box[1]) < 16:
        return None
    share = drawn[inside].mean()
    if not 0.02 < share < 0.9:
        return None
    codes = _colour_codes(replace(image, pixels=image.pixels[::step, ::step]))
    cells = np.bincount(codes[drawn], minlength=_LEVELS**3) + 0.5
    background = np.bincount(codes[inside & ~drawn], minlength=_LEVELS**3) + 0.5
    cell_like = (cells / cells.sum() > background / background.sum())[codes]
    true_positives = cell_like[drawn].mean()
    false_positives = cell_like[inside & ~drawn].mean()
    if true_positives < 0.6 or true_positives - false_positives < 0.35:
        return None
    expected = share * (true_positives - false_positives)
    side = max(8, min(box[2] - box[0], box[3] - box[1]) // (2 * step))
    threshold = false_positives + _SIMILAR_DENSITY * expected
    return box if _dense_windows(cell_like, inside, side, threshold) > _MIN_WINDOWS else None


def _dense_windows(cell_like: np.ndarray, inside: np.ndarray, side: int, threshold: float) -> float:
    """Share of the square windows outside the box that hold many cell-like pixels.

    Parameters
    ----------
    cell_like, inside : (Y, X), bool.
    side : of a window, in pixels.
    threshold : smallest share of cell-like pixels in such a window.
    """
    density = ndimage.uniform_filter(np.where(inside, 0.0, cell_like), side)
    outside = ndimage.uniform_filter(np.where(inside, 0.0, 1.0), side) > 0.99
    margin = side // 2 + 1
    windows = np.zeros(inside.shape, bool)
    windows[margin:-margin, margin:-margin] = outside[margin:-margin, margin:-margin]
    return float((density[windows] >= threshold).mean()) if windows.any() else 0.0


def _colour_codes(image: Image) -> np.ndarray:
    """The colour of each pixel as one number, 0 to 511; (Y, X)."""
    rgb = to_rgb8(image).astype(np.intp) * _LEVELS // 256
    return (rgb[..., 0] * _LEVELS + rgb[..., 1]) * _LEVELS + rgb[..., 2]
