"""Changes to a training image that its mask must follow: both go through one call."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

Pixels = NDArray[np.uint8]

SCALES = (0.7, 1.5)
"""The smallest and the largest factor that an image is scaled by."""


MESH = 6
"""Squares along a side of the grid by which a square is bent."""

BEND = 0.25
"""How far a point of the grid moves at most, as a share of the side of its squares."""


def flip(image: Pixels, mask: Pixels, rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Mirror an image and its mask alike: left-right and up-down, each with chance one half.

    Parameters
    ----------
    image : (Y, X, C).
    mask : (Y, X).
    rng : draws twice.
    """
    if rng.random() < 0.5:
        image, mask = image[:, ::-1], mask[:, ::-1]
    if rng.random() < 0.5:
        image, mask = image[::-1], mask[::-1]
    return image, mask


@dataclass(frozen=True, eq=False)
class Annotated:
    """A training image with what is known of its pixels.

    image : uint8 (Y, X, 3). labels : int32 (Y, X). distance : float32 (Y, X), see
    `targets.distances`.
    """

    image: Pixels
    labels: NDArray[np.int32]
    distance: NDArray[np.float32]


def crop(
    source: Annotated,
    side: int,
    rng: np.random.Generator,
    scales: tuple[float, float] = SCALES,
) -> Annotated:
    """A random square of an image: scaled, mirrored and turned by quarters, all three arrays alike.

    Where the image is smaller than the square it is mirrored at its borders. Labels take the
    nearest pixel, so that no new number arises.

    Parameters
    ----------
    side : of the square, pixels.
    scales : the smallest and the largest factor that the image is scaled by.
    """
    scale = math.exp(rng.uniform(math.log(scales[0]), math.log(scales[1])))
    source = _at_least(source, math.ceil(side / scale))
    window = side / scale
    height, width = source.labels.shape
    top, left = rng.uniform(0, height - window), rng.uniform(0, width - window)
    box = (left, top, left + window, top + window)
    size, bilinear = (side, side), Pillow.Resampling.BILINEAR
    first, last = np.floor([top, left]).astype(int), np.ceil([top + window, left + window])
    part = tuple(slice(a, int(b)) for a, b in zip(first, last, strict=True))
    near = (box[0] - first[1], box[1] - first[0], box[2] - first[1], box[3] - first[0])
    steps = (np.arange(side) + 0.5) / scale
    rows, columns = (top + steps).astype(np.intp), (left + steps).astype(np.intp)
    image = np.asarray(Pillow.fromarray(source.image[part]).resize(size, bilinear, near))
    share = np.asarray(Pillow.fromarray(source.distance[part]).resize(size, bilinear, near))
    labels = source.labels[rows[:, np.newaxis], columns]
    if rng.random() < 0.5:
        image, labels, share = image[:, ::-1], labels[:, ::-1], share[:, ::-1]
    turns = int(rng.integers(4))
    image, labels, share = (np.rot90(array, turns) for array in (image, labels, share))
    return Annotated(image, labels, share * (labels > 0))


def warp(source: Annotated, rng: np.random.Generator) -> Annotated:
    """Bend a square as if it were rubber: all three arrays alike, the borders stay where they are.

    The points of a grid of `MESH` by `MESH` squares move by up to `BEND` of a side of these, what
    lies between them follows (after the elastic deformations of Simard et al. 2003). Labels take
    the nearest pixel.
    """
    height, width = source.labels.shape
    moved = rng.uniform(-BEND, BEND, (MESH + 1, MESH + 1, 2))
    moved[[0, -1]] = moved[:, [0, -1]] = 0.0
    steps = np.arange(MESH + 1)
    places = np.stack(np.meshgrid(steps, steps), axis=-1)  # x, y of each point
    unit = np.array([width, height]) / MESH
    here, there = np.rint(places * unit).astype(int), (places + moved) * unit
    corners = ((0, 0), (1, 0), (1, 1), (0, 1))  # row, column: up left, down left and so on
    mesh = [
        (
            (*here[row, column], *here[row + 1, column + 1]),
            tuple(np.concatenate([there[row + down, column + right] for down, right in corners])),
        )
        for row in range(MESH)
        for column in range(MESH)
    ]

    def bent(array: np.ndarray, how: Pillow.Resampling) -> np.ndarray:
        picture = Pillow.fromarray(np.ascontiguousarray(array))
        return np.asarray(picture.transform((width, height), Pillow.Transform.MESH, mesh, how))

    labels = bent(source.labels, Pillow.Resampling.NEAREST)
    share = bent(source.distance, Pillow.Resampling.BILINEAR)
    image = bent(source.image, Pillow.Resampling.BILINEAR)
    return Annotated(image, labels, share * (labels > 0))


def recolour(image: Pixels, rng: np.random.Generator) -> NDArray[np.float32]:
    """Change how an image looks: contrast, brightness, gamma, inversion, colour, blur, noise.

    Parameters
    ----------
    image : (Y, X, 3); three equal channels are a grey image and stay equal.

    Returns
    -------
    float32 (Y, X, 3), 0 to 1.
    """
    if rng.random() < 0.15:
        blurred = ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2))
        image = np.asarray(Pillow.fromarray(np.ascontiguousarray(image)).filter(blurred))
    values = image.astype(np.float32) / 255.0
    coloured = bool((image[..., 0] != image[..., 1]).any())
    if coloured and rng.random() < 0.8:
        values = _tinted(values, rng)
    if rng.random() < 0.1:
        values = 1.0 - values
    if rng.random() < 0.7:
        values = values ** np.float32(math.exp(rng.uniform(-0.5, 0.5)))
    if rng.random() < 0.7:
        contrast, brightness = rng.uniform(0.6, 1.3), rng.uniform(-0.15, 0.15)
        values = (values - 0.5) * np.float32(contrast) + np.float32(0.5 + brightness)
    if rng.random() < 0.4:
        shape = values.shape if coloured else (*values.shape[:2], 1)
        noise = rng.standard_normal(shape, np.float32)
        values = values + noise * np.float32(rng.uniform(0.01, 0.05))
    return np.clip(values, 0.0, 1.0)


def _tinted(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Other colours: each channel stronger or weaker, saturation, rarely grey or swapped."""
    grey = values.mean(axis=-1, keepdims=True)
    chance = rng.random()
    if chance < 0.15:
        return np.repeat(grey, 3, axis=-1)
    if chance < 0.3:
        values = values[..., rng.permutation(3)]
    values = grey + (values - grey) * np.float32(rng.uniform(0.5, 1.4))
    return np.clip(values * rng.uniform(0.8, 1.2, 3).astype(np.float32), 0.0, 1.0)


def _at_least(source: Annotated, side: int) -> Annotated:
    """The same, mirrored at its borders until it has `side` pixels each way."""
    height, width = source.labels.shape
    down, right = max(0, side - height), max(0, side - width)
    if not down and not right:
        return source
    grown = ((down // 2, down - down // 2), (right // 2, right - right // 2))
    return Annotated(
        np.pad(source.image, (*grown, (0, 0)), "symmetric"),
        np.pad(source.labels, grown, "symmetric"),
        np.pad(source.distance, grown, "symmetric"),
    )
