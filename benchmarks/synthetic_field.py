"""Large synthetic images of cells, composed of small ones."""

import numpy as np

from cellseg.analysis.label_runs import keep_labels
from cellseg.images.synthetic import draw_cells

TILE = 512
"""Side of the small images, pixels."""


def draw_field(size: int = 4096, cells: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    """Draw an image of cells, about half of which touch another cell.

    Parameters
    ----------
    size : height and width, pixels, a multiple of 512.
    cells : number of cells.

    Returns
    -------
    image : uint16 (size, size).
    labels : int32 (size, size); 0 is background, 1 to N the cells.
    """
    rng = np.random.default_rng(0)
    side = size // TILE
    per_tile = round(1.25 * cells / side**2)  # some do not fit
    drawn = [draw_cells(rng, TILE, per_tile) for _ in range(4)]
    image, labels = np.zeros((size, size), np.uint16), np.zeros((size, size), np.int32)
    count = 0
    for number in range(side**2):
        row, column = divmod(number, side)
        region = np.s_[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        pixels, tile = (np.rot90(array, number // 4 % 4) for array in drawn[number % 4])
        image[region] = pixels
        labels[region] = np.where(tile, tile + np.int32(count), 0)
        count += int(tile.max())
    return image, keep_labels(labels, np.arange(1, cells + 1))
