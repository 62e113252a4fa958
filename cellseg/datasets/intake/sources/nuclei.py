"""One black and white file for each cell, as in the 2018 Data Science Bowl."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cellseg.datasets.intake.sources.label_merging import Merged, merge
from cellseg.errors import CellsegError
from cellseg.images.reading import read_image


def read_nuclei(paths: Sequence[Path], names: Sequence[str], shape: tuple[int, int]) -> Merged:
    """Merge the files of the cells of one image; a cell is the pixels that are not black.

    Parameters
    ----------
    shape : (Y, X) of the image.

    Raises
    ------
    CellsegError
        Where a file cannot be read or has another size than the image.
    """
    cells = []
    for path, name in zip(paths, names, strict=True):
        pixels = read_image(path, name).pixels
        drawn = pixels.reshape(*pixels.shape[:2], -1).max(axis=2) > 0
        if drawn.shape != shape:
            raise CellsegError(
                f"{name} has {drawn.shape[1]} × {drawn.shape[0]} pixels and its image "
                f"{shape[1]} × {shape[0]}; cellseg needs equal sizes; export the mask again."
            )
        cells.append(np.flatnonzero(drawn))
    return merge(cells, shape)
