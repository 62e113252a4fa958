"""Run lengths of COCO: how many pixels are outside, inside, outside ..., column by column."""

from typing import Any

import numpy as np


def mask_of_runs(drawn: dict[str, Any], shape: tuple[int, int]) -> np.ndarray:
    """The mask (Y, X), bool, of `{"size": [Y, X], "counts": ...}`.

    Parameters
    ----------
    drawn : `counts` is a list of numbers, or COCO's compressed text.
    shape : (Y, X) of the image; must be the size.

    Raises
    ------
    ValueError
        Where sizes or counts do not fit.
    """
    counts = drawn["counts"]
    if list(drawn["size"]) != list(shape):
        raise ValueError("the size of the run lengths is not that of the image")
    runs = _decompressed(counts) if isinstance(counts, str) else [int(count) for count in counts]
    if min(runs, default=0) < 0 or sum(runs) != shape[0] * shape[1]:
        raise ValueError("the run lengths do not add up to the image")
    inside = np.arange(len(runs)) % 2 == 1
    flat = np.repeat(inside, runs)
    return flat.reshape(shape[1], shape[0]).T


def _decompressed(text: str) -> list[int]:
    """The numbers in COCO's text: 5 bits a sign, and from the third on differences of two back."""
    runs: list[int] = []
    position = 0
    while position < len(text):
        value, shift, more = 0, 0, True
        while more:
            sign = ord(text[position]) - 48
            value |= (sign & 0x1F) << shift
            more = bool(sign & 0x20)
            position += 1
            shift += 5
            if not more and sign & 0x10:
                value |= -1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
    return runs
