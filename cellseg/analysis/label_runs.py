"""Label images as horizontal runs of equal pixels: few numbers that hold every pixel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Runs:
    """The foreground of a label image, row by row from the top, each row from the left.

    label : of the run, above 0.
    row : y of the run, pixels.
    start, stop : x of its first pixel, and of the pixel after its last.
    """

    label: Ints
    row: Ints
    start: Ints
    stop: Ints

    @property
    def length(self) -> Ints:
        """Pixels in each run."""
        return self.stop - self.start


def checked_labels(labels: NDArray) -> Labels:
    """A label image (Y, X) of whole numbers; 0 is background. A mask counts as label 1.

    Raises
    ------
    ValueError
        Where it is not two-dimensional, not of whole numbers, or holds a negative one.
    """
    if labels.dtype == bool:
        labels = labels.view(np.uint8)
    if labels.ndim != 2 or labels.dtype.kind not in "iu":
        raise ValueError(
            f"a label image is (Y, X) of whole numbers, not {labels.dtype} {labels.shape}"
        )
    if labels.dtype.kind == "i" and labels.size and labels.min() < 0:
        raise ValueError(f"a label image holds no negative number; found {labels.min()}")
    return np.ascontiguousarray(labels, labels.dtype.newbyteorder("="))


def runs_of(labels: Labels) -> Runs:
    """The runs of the cells of a label image (Y, X)."""
    starts = run_starts(labels)
    value = labels.reshape(-1)[starts].astype(np.int64)
    stops = np.append(starts[1:], labels.size)
    cell = value > 0
    row, start = np.divmod(starts[cell], max(1, labels.shape[1]))
    return Runs(value[cell], row, start, start + (stops - starts)[cell])


def run_starts(*images: Labels) -> Ints:
    """Flat positions where a row begins or a pixel differs from the one before, in any image.

    Parameters
    ----------
    images : of one shape (Y, X).
    """
    height, width = images[0].shape
    changes = np.zeros(height * width, bool)
    for image in images:
        flat = image.reshape(-1)
        changes[1:] |= flat[1:] != flat[:-1]
    changes[:: width or 1] = True
    return np.flatnonzero(changes)


def renumbered(labels: Labels) -> tuple[Ints, Labels]:
    """The labels of an image, ascending, and the image with 1 to N in their place.

    Returns
    -------
    labels : int64 (N,).
    image : uint16 (Y, X), or int32 for more than 65,535 labels.
    """
    starts = run_starts(labels)
    value = labels.reshape(-1)[starts].astype(np.int64)
    ids = np.unique(value)
    ids = ids[ids > 0]
    kind = np.uint16 if ids.size <= np.iinfo(np.uint16).max else np.int32
    if not ids.size or ids[-1] == ids.size:
        return ids, labels.astype(kind, copy=False)
    index = np.searchsorted(ids, value) + 1
    index[value == 0] = 0
    lengths = np.diff(np.append(starts, labels.size))
    return ids, np.repeat(index.astype(kind), lengths).reshape(labels.shape)


def selected(labels: Labels, keep: NDArray[np.integer]) -> Labels:
    """The label image with only some labels left; the others become background.

    Parameters
    ----------
    keep : labels, in any order; those that the image lacks are passed over.
    """
    starts = run_starts(labels)
    value = labels.reshape(-1)[starts]
    value = np.where(np.isin(value, keep), value, 0).astype(labels.dtype)
    return np.repeat(value, np.diff(np.append(starts, labels.size))).reshape(labels.shape)
