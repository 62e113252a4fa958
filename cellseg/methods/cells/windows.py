"""Windows of an image that the recipe `cells` predicts, and how many of them at a time."""

import tensorflow as tf

from cellseg.methods.cells.scales import STEPS_PER_UNIT
from cellseg.segmentation.tiling import GRID_STEP, Tile, split_into_tiles

MAX_WHOLE_PIXELS = 1_500_000
"""Largest image, at the scale of the network, that is predicted as a whole, pixels."""

TILE_SIDE = 1024
"""Side of the tiles of larger images, pixels."""

MIN_MARGIN = 160
"""Least overlap of tiles, pixels: the network needs the surroundings of a cell."""

GPU_BATCH_SIZE = 4
"""Windows of one shape that a GPU predicts at once; a CPU is not slower with one at a time."""


def prediction_tiles(
    height: int, width: int, scale: float, side: float | None, diameter: float
) -> list[Tile]:
    """Tiles of an image that is predicted at a scale; one tile for a small image.

    Parameters
    ----------
    height, width : of the image, pixels.
    scale : factor by which windows are enlarged.
    side : of the tiles at that scale, pixels; None chooses.
    diameter : of the training cells, pixels.
    """
    if side is None and height * width * scale**2 <= MAX_WHOLE_PIXELS:
        return split_into_tiles(height, width, max(height, width), 0)
    margin = max(MIN_MARGIN, 1.5 * diameter) / scale
    step = GRID_STEP if scale == 1.0 else STEPS_PER_UNIT * GRID_STEP
    return split_into_tiles(height, width, round((side or TILE_SIDE) / scale), round(margin), step)


def first_pass_window(height: int, width: int) -> tuple[slice, slice]:
    """Window of the first pass: a small image as a whole, or else its centre."""
    if height * width <= MAX_WHOLE_PIXELS:
        return slice(0, height), slice(0, width)
    return _centre(height), _centre(width)


def prediction_batch_size() -> int:
    """Number of windows that this machine predicts at once."""
    return GPU_BATCH_SIZE if tf.config.list_physical_devices("GPU") else 1


def _centre(length: int) -> slice:
    """The central `TILE_SIDE` pixels of an axis; all of a short axis."""
    start = max(0, length - TILE_SIDE) // 2
    return slice(start, min(length, start + TILE_SIDE))
