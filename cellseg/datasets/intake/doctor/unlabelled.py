"""Cells outside the region that somebody labelled."""

import math
from dataclasses import replace

import numpy as np
from scipy import ndimage

from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8

LARGEST = 0.6
"""A labelled region up to this share of the image is suspicious."""

_LEVELS = 8
_ALIKE = 0.6  # times as many cells as inside make a place suspicious
_SOME = 0.1  # of the places outside must be
_SAMPLE = 1 << 20  # pixels are enough for the colours


def cells_elsewhere(image: Image, mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """The box of what is labelled, where the rest of the image holds as many cells unlabelled.

    Inside the box the colours of cells and background are learned; at some places outside, nearly
    as many pixels must look like cells as inside.

    Parameters
    ----------
    mask : (Y, X) of the image's size.

    Returns
    -------
    top, left, bottom, right in pixels; or None.
    """
    drawn = mask != 0
    if not drawn.any():
        return None
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    box = (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    step = max(1, math.ceil(math.sqrt(mask.size / _SAMPLE)))
    inside = np.zeros(mask.shape, bool)
    inside[box[0] : box[2], box[1] : box[3]] = True
    inside, drawn = inside[::step, ::step], drawn[::step, ::step]
    if inside.mean() > LARGEST or min(box[2] - box[0], box[3] - box[1]) < 16:
        return None
    share = drawn[inside].mean()
    if not 0.02 < share < 0.9:
        return None
    codes = _codes(replace(image, pixels=image.pixels[::step, ::step]))
    cells = np.bincount(codes[drawn], minlength=_LEVELS**3) + 0.5
    others = np.bincount(codes[inside & ~drawn], minlength=_LEVELS**3) + 0.5
    alike = (cells / cells.sum() > others / others.sum())[codes]
    hits = alike[drawn].mean()
    false = alike[inside & ~drawn].mean()
    if hits < 0.6 or hits - false < 0.35:
        return None  # colour does not tell cells here
    usual = share * (hits - false)  # of a place with as many cells as inside
    side = max(8, min(box[2] - box[0], box[3] - box[1]) // (2 * step))
    return box if _places(alike, inside, side, false + _ALIKE * usual) > _SOME else None


def _places(alike: np.ndarray, inside: np.ndarray, side: int, wanted: float) -> float:
    """The share of the places outside the box where so many pixels look like cells.

    Parameters
    ----------
    side : of a place, a square that lies outside as a whole; in pixels.
    """
    density = ndimage.uniform_filter(np.where(inside, 0.0, alike), side)
    outside = ndimage.uniform_filter(np.where(inside, 0.0, 1.0), side) > 0.99
    edge = side // 2 + 1
    whole = np.zeros(inside.shape, bool)
    whole[edge:-edge, edge:-edge] = outside[edge:-edge, edge:-edge]
    return float((density[whole] >= wanted).mean()) if whole.any() else 0.0


def _codes(image: Image) -> np.ndarray:
    """Each pixel's colour as one number from 0 to 511."""
    rgb = to_rgb8(image).astype(np.intp) * _LEVELS // 256
    return (rgb[..., 0] * _LEVELS + rgb[..., 1]) * _LEVELS + rgb[..., 2]
