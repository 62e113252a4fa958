"""Extraction of images and masks from a stack, for a view."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cellseg.errors import CellsegError
from cellseg.images import size_limits
from cellseg.images.image import Axes, Image
from cellseg.images.selection import ImageIndex, image_indices, selected_channels
from cellseg.images.stack import UNKNOWN, Stack, StackFacts
from cellseg.images.view import View

NO_CHANNEL = "none"
"""Name of a colour without a channel."""


def facts_of(stack: Stack, view: View) -> StackFacts:
    """Facts of a file as an image, with the axes of the view."""
    facts = stack.facts.with_axes(view.axes, stack.name)
    if stack.palette is None:
        return facts
    return facts.model_copy(
        update={"axes": f"{facts.axes}C", "shape": (*facts.shape, 3), "dtype": "uint8"}
    )


def images(stack: Stack, view: View, first: int = 0) -> Iterator[tuple[str, Image]]:
    """The images of a stack for a view, with their suffixes, in the order of its axes.

    uint8 and uint16 are kept; other whole numbers become uint16 where all lie in 0..65535;
    everything else becomes float32, with the smallest finite value in place of values that are
    not finite. A mean of whole numbers is rounded.

    Parameters
    ----------
    first : number of images that are skipped.

    Raises
    ------
    CellsegError
        Where the choice does not fit the file, or the file is damaged.
    """
    facts = facts_of(stack, view)
    stack = stack.with_axes(view.axes)
    indices = image_indices(facts, view, stack.name)
    channels = selected_channels(facts, view, stack.name)
    read = [channel for channel in channels if channel is not None]
    names = facts.channel_names if len(facts.channel_names) == facts.channels else ()
    kept_names = tuple(NO_CHANNEL if c is None else names[c] for c in channels) if names else ()
    for place in indices[first:]:
        if _by_parts(stack, facts, place, len(channels)):
            pixels = _mapped(stack, facts, place, channels)
        else:
            taken = plain_dtype(_projected(stack, place, read, view.projection == "mean"))
            dark = np.zeros(taken.shape[1:], taken.dtype)
            bright = iter(taken)
            pixels = np.stack([dark if c is None else next(bright) for c in channels], axis=-1)
        if len(channels) == 1:
            pixels = pixels[..., 0]
        axes: Axes = "YX" if len(channels) == 1 else "YXC"
        yield (
            place.suffix,
            Image(np.ascontiguousarray(pixels), axes, kept_names, facts.pixel_size_um),
        )


def masks(stack: Stack, view: View, first: int = 0) -> Iterator[tuple[str, np.ndarray]]:
    """The masks of a stack for the view of their images, with their values as stored.

    Yields
    ------
    The suffix, and (Y, X) uint8, uint16 or uint32. A palette gives its indices, equal colour
    channels their common value, floating-point whole numbers integers, 1 bit 0 and 255; planes
    that are projected give the highest value.

    Raises
    ------
    CellsegError
        As `images`; and for a mask in colours, with fractions or with negative values.
    """
    facts, stack = _mask_facts(stack, view)
    channels = list(range(facts.channels))
    for place in image_indices(facts, view.for_mask(facts), stack.name)[first:]:
        values = None
        for depth in range(max(1, place.depth)):
            index = {**place.index, "Z": depth} if place.depth else place.index
            array = stack.picture(index, channels)
            if len(array) > 1 and (array != array[:1]).any():
                raise CellsegError(
                    f"The mask {stack.name} is a colour (RGB) image; cellseg needs one label for "
                    "each pixel (0 = background); save it as a grey or label image."
                )
            whole = whole_numbers(array[0], stack.name)
            values = whole if values is None else np.maximum(values, whole)
        assert values is not None
        yield place.suffix, np.ascontiguousarray(values)


def mask_facts_of(stack: Stack, view: View) -> StackFacts:
    """Facts of a file as a mask, with the axes of the view of its images."""
    return _mask_facts(stack, view)[0]


def _mask_facts(stack: Stack, view: View) -> tuple[StackFacts, Stack]:
    """The stack with the axes of the view; unknown pages of a mask are what the view selects."""
    if view.axes and len(view.axes) == len(stack.axes):
        stack = stack.with_axes(view.axes)
    elif view.axes and "C" in view.axes and len(view.axes) == len(stack.axes) + 1:
        stack = stack.with_axes(view.axes.replace("C", ""))
    if stack.axes.count(UNKNOWN) == 1 and "Z" not in stack.axes and not view.expand:
        meant = "T" if view.time is not None and "T" not in stack.axes else "Z"
        stack = replace(stack, axes=stack.axes.replace(UNKNOWN, meant))
    return stack.facts, stack


def _by_parts(stack: Stack, facts: StackFacts, place: ImageIndex, channels: int) -> bool:
    """Whether an image is large and can be extracted in parts to a temporary file."""
    dtype = np.dtype(facts.dtype)
    size = facts.height * facts.width * channels * dtype.itemsize
    plain = dtype in (np.uint8, np.uint16)  # what the others become depends on all their values
    return size >= size_limits.MAPPED_BYTES and plain and stack.row_access and not place.depth


def _mapped(
    stack: Stack, facts: StackFacts, place: ImageIndex, channels: tuple[int | None, ...]
) -> np.ndarray:
    """The image at an index, (Y, X, C), in a temporary memory-mapped file; see `_by_parts`."""
    shape = (facts.height, facts.width, len(channels))
    with tempfile.TemporaryFile() as file:
        pixels = np.memmap(file, np.dtype(facts.dtype), "w+", shape=shape)
    rows = max(1, size_limits.CHUNK_BYTES // max(1, 8 * facts.width))
    for position, channel in enumerate(channels):
        if channel is None:
            continue
        for first in range(0, facts.height, rows):
            part = slice(first, first + rows)
            pixels[part, :, position] = _display_values(stack, place.index, [channel], part)[0]
    return np.asarray(pixels)


def _projected(stack: Stack, place: ImageIndex, channels: list[int], mean: bool) -> np.ndarray:
    """The pixels at an index, or the projection of its planes; (C, Y, X)."""
    if not place.depth:
        return _display_values(stack, place.index, channels)
    total = _display_values(stack, {**place.index, "Z": 0}, channels)
    kind = total.dtype
    if mean:
        total = total.astype(np.float64)
    for depth in range(1, place.depth):
        plane = _display_values(stack, {**place.index, "Z": depth}, channels)
        total = total + plane if mean else np.maximum(total, plane)
    if not mean:
        return total
    total = total / place.depth
    return np.rint(total).astype(kind) if kind.kind in "iu" else total


def _display_values(
    stack: Stack, index: dict[str, int], channels: list[int], rows: slice = slice(None)
) -> np.ndarray:
    """The pixels at an index as displayed: palette applied, high values are bright."""
    if stack.palette is not None:
        indices = stack.picture(index, [0], rows)[0]
        colours = stack.palette[np.minimum(indices, len(stack.palette) - 1)]
        return np.moveaxis(colours, -1, 0)[channels]
    array = stack.picture(index, channels, rows)
    if array.dtype.kind not in "biuf":
        raise CellsegError(
            f"{stack.name} holds {array.dtype} values; cellseg needs grey or colour values."
        )
    if array.dtype.kind == "b":
        array = array.astype(np.uint8) * np.uint8(255)
    if stack.dark_is_high and array.dtype.kind == "u":
        array = np.iinfo(array.dtype).max - array
    if array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
        array = np.where(finite, array, array[finite].min() if finite.any() else 0)
    return array


def plain_dtype(array: np.ndarray) -> np.ndarray:
    """Finite values as uint8, uint16 or float32; see `images`."""
    if array.dtype in (np.uint8, np.uint16):
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind in "iu":
        if array.size and array.min() >= 0 and array.max() <= np.iinfo(np.uint16).max:
            return array.astype(np.uint16)
        return array.astype(np.float32)
    limit = np.finfo(np.float32).max
    return np.clip(array, -limit, limit).astype(np.float32)


def whole_numbers(array: np.ndarray, name: str) -> np.ndarray:
    """The values of a mask as uint8, uint16 or uint32; see `masks`.

    Raises
    ------
    CellsegError
        For fractions, negative values and values beyond 2147483647, as label images are int32.
    """
    if array.dtype.kind == "b":
        array = array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind not in "iuf":
        raise CellsegError(
            f"The mask {name} has {array.dtype} values; cellseg needs whole numbers."
        )
    if array.dtype.kind == "f":
        fractions = array[~(np.isfinite(array) & (array == np.floor(array)))]
        if fractions.size:
            raise CellsegError(
                f"The mask {name} holds values such as {fractions[0]:.3g}; cellseg needs whole "
                "numbers (0 = background); save it as an 8-bit or 16-bit image."
            )
    low, high = array.min(), array.max()
    if low < 0 or high > np.iinfo(np.int32).max:
        raise CellsegError(
            f"The mask {name} holds values from {low:g} to {high:g}; cellseg needs whole numbers "
            "from 0 (background) to 2147483647."
        )
    if array.dtype in (np.uint8, np.uint16, np.uint32):
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    return array.astype(np.uint16 if high <= np.iinfo(np.uint16).max else np.uint32)
