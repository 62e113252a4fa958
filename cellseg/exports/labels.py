"""Label images and masks as TIFF and PNG files."""

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.label_runs import checked_labels, relabel_sequential
from cellseg.analysis.overlay import colours
from cellseg.exports.tiff import calibrated_tiff, label_plane
from cellseg.images.writing import png_bytes


def label_tiff(labels: NDArray, pixel_size: float | None = None) -> bytes:
    """A TIFF file of a label image (Y, X): uint16, or uint32 where a label is beyond 65,535.

    Parameters
    ----------
    pixel_size : side of a pixel in micrometres, stored in the file.
    """
    return calibrated_tiff(label_plane(labels), pixel_size)


def mask_png(labels: NDArray) -> bytes:
    """A PNG file of the foreground: 255 in cells, 0 elsewhere; uint8 (Y, X)."""
    return png_bytes(np.where(checked_labels(labels) > 0, 255, 0).astype(np.uint8))


def preview_png(labels: NDArray) -> bytes:
    """A PNG file of the cells on black, each in its own colour; uint8 (Y, X, 3).

    Most viewers show the label TIFF as black, since its values are small.
    """
    ids, image = relabel_sequential(checked_labels(labels))
    table = np.zeros((ids.size + 1, 3), np.uint8)
    table[1:] = np.rint(colours(ids))
    return png_bytes(table[image])
