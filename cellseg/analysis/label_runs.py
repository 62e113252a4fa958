"""Run-length encoding of label images: horizontal runs of equal pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.integer]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of the foreground of a label image, by row, then by column.

    label : of each run, above 0.
    row : y of each run, in pixels.
    start, stop : x of the first pixel, and of the pixel after the last.
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
    """A contiguous label image (Y, X) of integers; 0 = background. A bool mask becomes label 1.

    Raises
    ------
    ValueError
        Where it is not two-dimensional, not of integers, or has a negative value.
    """
    if labels.dtype == bool:
        labels = labels.view(np.uint8)
    if labels.ndim != 2 or labels.dtype.kind not in "iu":
        raise ValueError(f"a label image is (Y, X) of integers, not {labels.dtype} {labels.shape}")
    if labels.dtype.kind == "i" and labels.size and labels.min() < 0:
        raise ValueError(f"a label image has no negative values; found {labels.min()}")
    return np.ascontiguousarray(labels, labels.dtype.newbyteorder("="))


def runs_of(labels: Labels) -> Runs:
    """Encode the foreground of a label image (Y, X) as runs."""
    starts = run_starts(labels)
    value = labels.reshape(-1)[starts].astype(np.int64)
    stops = np.append(starts[1:], labels.size)
    cell = value > 0
    row, start = np.divmod(starts[cell], max(1, labels.shape[1]))
    return Runs(value[cell], row, start, start + (stops - starts)[cell])


def run_starts(*images: Labels) -> Ints:
    """Flat indices where a row begins or any image has another value than one pixel before.

    Parameters
    ----------
    images : of equal shape (Y, X).
    """
    height, width = images[0].shape
    changes = np.zeros(height * width, bool)
    for image in images:
        flat = image.reshape(-1)
        changes[1:] |= flat[1:] != flat[:-1]
    changes[:: width or 1] = True
    return np.flatnonzero(changes)


def relabel_sequential(labels: Labels) -> tuple[Ints, Labels]:
    """Relabel an image with 1 to N in ascending order of its labels.

    Returns
    -------
    labels : the original labels, ascending, int64 (N,).
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


def keep_labels(labels: Labels, keep: NDArray[np.integer]) -> Labels:
    """Set all labels of an image but some to background.

    Parameters
    ----------
    keep : labels to keep, in any order; labels that the image does not have are ignored.
    """
    starts = run_starts(labels)
    value = labels.reshape(-1)[starts]
    value = np.where(np.isin(value, keep), value, 0).astype(labels.dtype)
    return np.repeat(value, np.diff(np.append(starts, labels.size))).reshape(labels.shape)
