"""A large drawn field of cells, made of small drawn pictures."""

import numpy as np

from cellseg.analysis.label_runs import keep_labels
from cellseg.images.synthetic import draw_cells

TILE = 512


def field(size: int = 4096, cells: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    """A picture with this many cells, about half of them touching another.

    Parameters
    ----------
    size : height and width, a multiple of 512 pixels.

    Returns
    -------
    image : uint16 (size, size). labels : int32 (size, size), numbered from 1.
    """
    rng = np.random.default_rng(0)
    side = size // TILE
    for_each = round(1.25 * cells / side**2)  # not all find a place
    drawn = [draw_cells(rng, TILE, for_each) for _ in range(4)]
    image, labels = np.zeros((size, size), np.uint16), np.zeros((size, size), np.int32)
    count = 0
    for number in range(side**2):
        row, column = divmod(number, side)
        place = np.s_[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        pixels, tile = (np.rot90(array, number // 4 % 4) for array in drawn[number % 4])
        image[place] = pixels
        labels[place] = np.where(tile, tile + np.int32(count), 0)
        count += int(tile.max())
    return image, keep_labels(labels, np.arange(1, cells + 1))
