"""NAME_seg.npy of Cellpose: a pickle, restricted to NumPy arrays, numbers and text."""

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from cellseg.errors import CellsegError

_ALLOWED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    *(
        (f"{package}.{module}", name)
        for package in ("numpy.core", "numpy._core")
        for module, name in (
            ("multiarray", "_reconstruct"),
            ("multiarray", "scalar"),
            ("numeric", "_frombuffer"),
        )
    ),
    ("_codecs", "encode"),  # how old pickles carry bytes
}
MAX_BYTES = 2 * 1024**3
"""Size of the largest file that is read."""


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Allow only what arrays, dtypes and numbers of NumPy consist of."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_seg(path: Path, name: str) -> np.ndarray:
    """Read the label image `masks` of a NAME_seg.npy, (Y, X), unsigned integer.

    Raises
    ------
    CellsegError
        Where the file is no such file, holds objects other than arrays, or has no mask.
    """
    try:
        content = _content(path)
    except pickle.UnpicklingError as error:
        raise CellsegError(
            f"{name} contains {error}; cellseg does not open it, because such a file can run "
            "programs; save the masks in Cellpose as PNG or TIFF."
        ) from error
    except Exception as error:
        raise CellsegError(
            f"{name} is not a Cellpose file or is damaged; save the masks in Cellpose as PNG or "
            "TIFF."
        ) from error
    masks = content.get("masks") if isinstance(content, Mapping) else None
    if not isinstance(masks, np.ndarray) or masks.dtype.kind not in "iu":
        raise CellsegError(f"{name} has no masks; segment the image in Cellpose and save it.")
    masks = np.squeeze(masks)
    if masks.ndim != 2 or masks.size == 0 or masks.min() < 0:
        raise CellsegError(
            f"{name} has masks of shape {masks.shape}; cellseg needs one plane; save each plane as "
            "a file of its own."
        )
    return np.ascontiguousarray(masks, np.uint16 if masks.max() < 1 << 16 else np.uint32)


def _content(path: Path) -> Any:
    """The one object in an .npy file."""
    if path.stat().st_size > MAX_BYTES:
        raise ValueError("too large")
    stream = io.BytesIO(path.read_bytes())
    version = npy.read_magic(stream)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = header(stream)
    if shape != () or not dtype.hasobject:
        raise ValueError("not an object")
    packed = _ArraysOnly(stream, encoding="latin1").load()
    return packed.item() if isinstance(packed, np.ndarray) else packed
