"""Encodings of the viewer: losslessly packed pixels, and tables of the cells."""

import base64
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.label_runs import checked_labels, relabel_sequential, run_starts
from cellseg.images.image import Image

LARGEST = 2**26
"""Pixels of an image above which only every second, third ... row and column is sent."""

PREVIEW = 8
"""Side of the blocks whose mean is a pixel of the preview, pixels."""

BLOCK = 2**17
"""Pixels that are processed at a time."""

SMALL = 1024
"""Longer side up to which an image needs no preview, pixels."""


@dataclass(frozen=True, eq=False)
class EncodedLayer:
    """One encoded layer.

    content : zlib stream.
    identity : hash of content and facts, hexadecimal.
    preview : the layer at low resolution, which is shown first; empty if it is not needed.
    ids : labels of the cells, ascending; cell 1 of the content is `ids[0]`. Empty for images.
    facts : what the browser needs to decode it.
    """

    content: bytes
    identity: str
    preview: bytes
    ids: NDArray[np.int64]
    facts: dict[str, Any]


def step_of(height: int, width: int) -> int:
    """The step between the rows and columns that are sent; 1 sends all."""
    step = 1
    while -(-height // step) * -(-width // step) > LARGEST:
        step += 1
    return step


def pack_image(image: Image) -> EncodedLayer:
    """The pixels of an image: each channel, its values unchanged.

    Each pixel of a channel is stored as its difference to the left neighbour (modulo the dtype,
    positive and negative values interleaved), with the high bytes of all pixels first. This
    compresses noisy images well: 17 MB for 4096 x 4096 pixels of 16 bits.
    """
    step = step_of(image.height, image.width)
    pixels = image.pixels[::step, ::step]
    planes = [pixels] if image.axes == "YX" else [pixels[..., c] for c in range(image.channels)]
    content = deflated(b"".join(_differences(plane) for plane in planes))
    preview = b""
    if max(pixels.shape[:2]) > SMALL:
        preview = deflated(b"".join(_differences(_means(plane)) for plane in planes))
    facts = {
        "height": pixels.shape[0],
        "width": pixels.shape[1],
        "channels": len(planes),
        "bytes": pixels.dtype.itemsize,
        "float": pixels.dtype.kind == "f",
        "spans": [_span(plane) for plane in planes] if pixels.dtype.kind == "f" else [],
    }
    return EncodedLayer(content, _identity(content, facts), preview, np.zeros(0, np.int64), facts)


def pack_labels(labels: NDArray) -> EncodedLayer:
    """The cells of a label image as runs of equal pixels, row by row.

    The lengths of all runs, then the number of each run's cell: 0 for background, 1 for the lowest
    label and so on. Lengths are uint16 or, for images wider than that, uint32; numbers likewise.
    """
    labels = checked_labels(labels)
    step = step_of(*labels.shape)
    ids, numbered = relabel_sequential(labels)
    numbered = np.ascontiguousarray(numbered[::step, ::step])
    starts = run_starts(numbered)
    lengths = np.diff(np.append(starts, numbered.size))
    wide = [numbered.shape[1] > 65_535, ids.size > 65_535]
    columns = (lengths, numbered.reshape(-1)[starts])
    content = deflated(
        b"".join(
            _byte_planes(column.astype(np.uint32 if four else np.uint16))
            for column, four in zip(columns, wide, strict=True)
        )
    )
    facts = {
        "height": numbered.shape[0],
        "width": numbered.shape[1],
        "runs": int(starts.size),
        "wide": wide,
        "cells": int(ids.size),
    }
    return EncodedLayer(content, _identity(content, facts), b"", ids, facts)


def pack_probability(probability: NDArray[np.floating]) -> EncodedLayer:
    """A probability map (Y, X), 0 to 1, as an image of one channel, uint8, 0 to 255."""
    step = step_of(*probability.shape)
    sent = probability[::step, ::step]
    height, width = sent.shape
    steps = np.empty((height, width), np.uint8)
    for rows in _blocks(steps):
        steps[rows] = np.rint(np.clip(np.nan_to_num(sent[rows]), 0, 1) * 255)
    content = deflated(_differences(steps))
    facts = {"height": height, "width": width, "channels": 1, "bytes": 1}
    return EncodedLayer(content, _identity(content, facts), b"", np.zeros(0, np.int64), facts)


def bit_mask(ids: NDArray[np.int64], chosen: Collection[int]) -> str:
    """Which cells are chosen: one bit for each cell, lowest bit first, in base64."""
    labels = np.fromiter(chosen, np.int64, len(chosen))
    return _text(np.packbits(np.isin(ids, labels), bitorder="little").tobytes())


def value_table(ids: NDArray[np.int64], values: Mapping[int, float]) -> dict[str, Any]:
    """A value for each cell, with the range of the colour map.

    Returns
    -------
    data : float32 in base64; NaN for a cell without a finite value.
    low, high : 1st and 99th percentile.
    cut : whether there are values below and above them.
    """
    data = np.array([values.get(label, np.nan) for label in ids.tolist()], np.float32)
    data[~np.isfinite(data)] = np.nan
    finite = data[np.isfinite(data)]
    low, high = np.percentile(finite, (1, 99)).tolist() if finite.size else (0.0, 1.0)
    cut = [bool((finite < low).any()), bool((finite > high).any())]
    return {"data": _text(data.astype("<f4").tobytes()), "low": low, "high": high, "cut": cut}


def colour_table(ids: NDArray[np.int64], marks: Mapping[int, str]) -> dict[str, Any]:
    """A colour for each cell.

    Returns
    -------
    colours : the unique colours, CSS hex.
    data : number of the colour of each cell, from 1; 0 for no colour; uint8 in base64.

    Raises
    ------
    ValueError
        If there are more than 255 colours.
    """
    colours = sorted(set(marks.values()))
    if len(colours) > 255:
        raise ValueError(f"at most 255 different colours, not {len(colours)}")
    number = {colour: index for index, colour in enumerate(colours, start=1)}
    index = [number.get(marks.get(label, ""), 0) for label in ids.tolist()]
    return {"colours": colours, "data": _text(np.array(index, np.uint8).tobytes())}


def label_table(ids: NDArray[np.int64]) -> str | None:
    """The labels, float64 in base64; None if they are 1, 2, 3 ..."""
    if not ids.size or ids[-1] == ids.size:
        return None
    return _text(ids.astype("<f8").tobytes())


def deflated(raw: bytes) -> bytes:
    """Compress bytes to a zlib stream at the fastest level."""
    from imagecodecs import deflate_encode

    return bytes(deflate_encode(raw, level=1))


def _differences(plane: NDArray) -> bytes:
    """One channel (Y, X) as differences between horizontal neighbours; see `pack_image`."""
    size = plane.dtype.itemsize
    unsigned = np.dtype(f"<u{size}")
    planes = np.empty((size, *plane.shape), np.uint8)
    for rows in _blocks(plane):
        values = np.ascontiguousarray(plane[rows], plane.dtype.newbyteorder("<")).view(unsigned)
        steps = np.diff(values, axis=1, prepend=unsigned.type(0))
        steps = (steps << 1) ^ -(steps >> (8 * size - 1))  # 0, -1, 1, -2 ... become 0, 1, 2, 3 ...
        parts = steps.astype(unsigned, copy=False).view(np.uint8).reshape(*steps.shape, size)
        planes[:, rows] = np.moveaxis(parts, 2, 0)[::-1]
    return planes.tobytes()


def _blocks(plane: NDArray) -> Iterator[slice]:
    """Rows of a plane in blocks that fit into the cache of a processor."""
    rows = max(1, BLOCK // max(1, plane.shape[1]))
    for first in range(0, plane.shape[0], rows):
        yield slice(first, first + rows)


def _byte_planes(values: NDArray[np.unsignedinteger]) -> bytes:
    """The highest byte of all values, then the next lower one, and so on."""
    parts = values.astype(values.dtype.newbyteorder(">")).reshape(-1).view(np.uint8)
    return np.ascontiguousarray(parts.reshape(-1, values.dtype.itemsize).T).tobytes()


def _means(plane: NDArray) -> NDArray:
    """The mean of each block of PREVIEW x PREVIEW pixels; blocks at the edge are smaller."""
    height, width = plane.shape
    rows, columns = np.arange(0, height, PREVIEW), np.arange(0, width, PREVIEW)
    kind = np.float64 if plane.dtype.kind == "f" else np.uint32
    sums = np.add.reduceat(np.add.reduceat(plane, columns, 1, dtype=kind), rows, 0)
    tall = np.diff(np.append(rows, height))[:, None]
    wide = np.diff(np.append(columns, width))[None, :]
    means = sums / (tall * wide)
    return (means if plane.dtype.kind == "f" else np.rint(means)).astype(plane.dtype)


def _span(plane: NDArray[np.floating]) -> tuple[float, float]:
    """The range of values that the browser divides into 65,536 shades.

    Percentiles of a sample of the pixels, extended by a tenth at both ends, so that one hot pixel
    does not make all others black.
    """
    some = plane.reshape(-1)[:: max(1, plane.size // 10**6)]
    low, high = (float(value) for value in np.percentile(some, (0.05, 99.95)))
    more = 0.1 * (high - low)
    return max(low - more, float(plane.min())), min(high + more, float(plane.max()))


def _identity(content: bytes, facts: dict[str, Any]) -> str:
    return hashlib.sha256(content + repr(facts).encode()).hexdigest()[:32]


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
