"""Run-length encoding of COCO: alternating runs of background and cell, column by column."""

from typing import Any

import numpy as np


def decode_run_lengths(encoded: dict[str, Any], shape: tuple[int, int]) -> np.ndarray:
    """Decode a mask to bool (Y, X).

    Parameters
    ----------
    encoded : `{"size": [Y, X], "counts": ...}`; counts are numbers, or COCO's compressed text.
    shape : (Y, X) of the image.

    Raises
    ------
    ValueError
        Where the size or the sum of the counts is not that of the image.
    """
    counts = encoded["counts"]
    if list(encoded["size"]) != list(shape):
        raise ValueError("the size of the run lengths is not that of the image")
    runs = _decompressed(counts) if isinstance(counts, str) else [int(count) for count in counts]
    if min(runs, default=0) < 0 or sum(runs) != shape[0] * shape[1]:
        raise ValueError("the run lengths do not add up to the image")
    inside = np.arange(len(runs)) % 2 == 1
    flat = np.repeat(inside, runs)
    return flat.reshape(shape[1], shape[0]).T


def _decompressed(text: str) -> list[int]:
    """Counts of COCO's compressed text, as maskApi.c encodes them.

    Each character has 5 bits; from the fourth count on, differences to the count two before.
    """
    runs: list[int] = []
    position = 0
    while position < len(text):
        value, shift, more = 0, 0, True
        while more:
            bits = ord(text[position]) - 48
            value |= (bits & 0x1F) << shift
            more = bool(bits & 0x20)
            position += 1
            shift += 5
            if not more and bits & 0x10:
                value |= -1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
    return runs
