"""Safety check of uploaded weights files."""

from pathlib import Path

import h5py
import numpy as np

from cellseg.errors import CellsegError

MAX_BYTES = 1024**3
"""Largest size of all weights in memory; every network that the settings allow is smaller."""

MAX_DATASETS = 20_000
"""Most arrays in a file."""


def check_weights(path: Path, name: str) -> None:
    """Refuse a Keras weights file that is damaged, too large or not finite.

    Sizes are checked before an array is read, since compressed arrays may be much larger than
    their file.

    Parameters
    ----------
    name : of the uploaded file, for the message.

    Raises
    ------
    CellsegError
        Where the file is one of these.
    """
    try:
        with h5py.File(path) as file:
            arrays: list[h5py.Dataset] = []
            file.visititems(
                lambda _, item: arrays.append(item) if isinstance(item, h5py.Dataset) else None
            )
            numbers = [array for array in arrays if array.dtype.kind in "fiub"]
            size = sum(array.size * array.dtype.itemsize for array in arrays)
            if not numbers or not size or len(arrays) > MAX_DATASETS or size > MAX_BYTES:
                raise CellsegError(
                    f"The weights in {name} are {len(arrays)} arrays of {size / 1e6:.0f} MB; "
                    f"cellseg accepts at most {MAX_BYTES / 1e6:.0f} MB; export the model again."
                )
            finite = all(np.isfinite(array[()]).all() for array in numbers)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise CellsegError(
            f"The weights in {name} are damaged; export the model again and add the new file."
        ) from error
    if not finite:
        raise CellsegError(
            f"The weights in {name} have values that are not finite, so the model cannot segment; "
            "export another model."
        )
