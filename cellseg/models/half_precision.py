"""Weights in half precision: half the size, for models that travel with the project."""

from pathlib import Path

import h5py
import numpy as np


def save_half_precision(source: Path, target: Path) -> None:
    """Copy a Keras weights file with its kernels in float16, compressed.

    Vectors (biases, statistics of batch norms) stay float32: they are small, and variances may be
    too large or too little for float16. Keras casts on loading.

    Raises
    ------
    ValueError
        Where a kernel does not fit float16.
    """
    with h5py.File(source) as whole, h5py.File(target, "w") as half:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                made = half.require_group(name)
            else:
                values = item[()]
                if np.ndim(values) >= 2:
                    with np.errstate(over="ignore"):
                        values = values.astype(np.float16)
                    if not np.isfinite(values).all():
                        raise ValueError(f"{name} does not fit float16")
                    made = half.create_dataset(name, data=values, compression=9, shuffle=True)
                else:
                    made = half.create_dataset(name, data=values)
            made.attrs.update(item.attrs)

        half.attrs.update(whole.attrs)
        whole.visititems(copy)
