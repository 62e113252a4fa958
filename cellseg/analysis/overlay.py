"""Overlay of a label image on an image."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

Style = Literal["filled", "outline"]
GOLDEN_ANGLE = 137.508
"""Degrees of hue between neighbouring labels, so that they differ (Vogel 1979)."""


def overlay(
    rgb: NDArray[np.uint8],
    labels: NDArray[np.integer] | NDArray[np.bool_],
    *,
    opacity: float = 0.45,
    style: Style = "filled",
    colour: str | None = "#00b894",
) -> NDArray[np.uint8]:
    """Colour the cells of an image.

    Parameters
    ----------
    rgb : uint8 (Y, X, 3).
    labels : (Y, X); 0 or False is background; a bool mask is one label.
    opacity : of the colour, 0 to 1.
    style : `filled`, or `outline`: the pixels of a cell that touch another label.
    colour : `#rrggbb` for all cells; None gives each label its own colour.

    Returns
    -------
    uint8 (Y, X, 3), a new array.

    Raises
    ------
    ValueError
        Where image and labels differ in height or width.
    """
    if rgb.shape[:2] != labels.shape:
        raise ValueError(f"an image of {rgb.shape[:2]} and labels of {labels.shape} do not fit")
    shown = labels > 0
    if style == "outline":
        shown &= find_boundaries(labels.astype(np.int64), connectivity=1, mode="inner")
    painted = rgb.copy()
    if colour is None:
        paint = colours(np.arange(int(labels.max(initial=0)) + 1))[labels[shown].astype(np.int64)]
        mixed = rgb[shown] * (1.0 - opacity) + paint * opacity
        painted[shown] = np.rint(mixed).astype(np.uint8)
        return painted
    grey = np.arange(256)
    for channel, value in enumerate(_rgb(colour)):  # 256 sums in place of one for each pixel
        mixed = np.rint(grey * (1.0 - opacity) + value * opacity).astype(np.uint8)
        np.copyto(painted[..., channel], mixed[rgb[..., channel]], where=shown)
    return painted


def colours(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """A bright colour for each label, unlike those of close labels; float64 (N, 3), 0 to 255."""
    hue = labels[:, None] * GOLDEN_ANGLE % 360.0 / 30.0
    k = (np.array([0.0, 8.0, 4.0]) + hue) % 12.0
    return 255.0 * (0.55 - 0.45 * np.clip(np.minimum(k - 3.0, 9.0 - k), -1.0, 1.0))


def _rgb(colour: str) -> NDArray[np.float64]:
    digits = colour.removeprefix("#")
    return np.array([int(digits[start : start + 2], 16) for start in (0, 2, 4)], float)
