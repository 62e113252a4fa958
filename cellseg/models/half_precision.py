"""Weights files in half precision, for the models that are shipped with the project."""

from pathlib import Path

import h5py
import numpy as np


def save_half_precision(source: Path, target: Path) -> None:
    """Copy a Keras weights file with its kernels in float16, compressed.

    Vectors (biases and statistics of batch norms) stay float32, since they are small and variances
    can be out of the range of float16. Keras casts the kernels when it loads them.

    Parameters
    ----------
    source : weights file in float32.
    target : weights file to write.

    Raises
    ------
    ValueError
        Where a kernel is out of the range of float16.
    """
    with h5py.File(source) as original, h5py.File(target, "w") as half:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                copied = half.require_group(name)
            else:
                values = item[()]
                if np.ndim(values) >= 2:
                    with np.errstate(over="ignore"):
                        values = values.astype(np.float16)
                    if not np.isfinite(values).all():
                        raise ValueError(f"{name} does not fit float16")
                    copied = half.create_dataset(name, data=values, compression=9, shuffle=True)
                else:
                    copied = half.create_dataset(name, data=values)
            copied.attrs.update(item.attrs)

        half.attrs.update(original.attrs)
        original.visititems(copy)
