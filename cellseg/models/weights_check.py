"""Whether a file of weights from elsewhere can be loaded without harm."""

from pathlib import Path

import h5py
import numpy as np

from cellseg.errors import CellsegError

MOST_BYTES = 1024**3
"""Of all weights in memory; the largest network that the settings allow needs less."""

MOST_DATASETS = 20_000
"""Arrays in a file."""


def check_weights(path: Path, name: str) -> None:
    """Refuse a Keras weights file that is damaged, too large or not finite.

    Sizes are summed up before an array is read, since a compressed one may be far larger than its
    file.

    Parameters
    ----------
    name : of what the user brought, for the sentence.

    Raises
    ------
    CellsegError
        Where it is one of these.
    """
    try:
        with h5py.File(path) as file:
            arrays: list[h5py.Dataset] = []
            file.visititems(
                lambda _, item: arrays.append(item) if isinstance(item, h5py.Dataset) else None
            )
            numbers = [array for array in arrays if array.dtype.kind in "fiub"]
            size = sum(array.size * array.dtype.itemsize for array in arrays)
            if not numbers or not size or len(arrays) > MOST_DATASETS or size > MOST_BYTES:
                raise CellsegError(
                    f"The weights in {name} hold {len(arrays)} arrays of {size / 1e6:.0f} MB; "
                    f"needed are the weights of a network of at most {MOST_BYTES / 1e6:.0f} MB. "
                    "Export the model again."
                )
            finite = all(np.isfinite(array[()]).all() for array in numbers)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise CellsegError(
            f"The weights in {name} are damaged; export the model again and bring that file."
        ) from error
    if not finite:
        raise CellsegError(
            f"The weights in {name} hold numbers that are not finite, so the model cannot segment; "
            "export another model."
        )
