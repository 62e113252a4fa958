"""Augmentation of training images in the recipe `cells`: random patches, elastic, intensities."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageFilter

from cellseg.methods.cells.annotated_image import AnnotatedImage

SCALE_RANGE = (0.7, 1.5)
"""The smallest and the largest factor by which an image is scaled."""

GRID_SIZE = 6
"""Cells along each side of the control grid of an elastic deformation."""

MAX_DISPLACEMENT = 0.25
"""Largest displacement of a control point, as a fraction of the side of a grid cell."""


def random_patch(
    source: AnnotatedImage,
    side: int,
    rng: np.random.Generator,
    scale_range: tuple[float, float] = SCALE_RANGE,
) -> AnnotatedImage:
    """Cut a random square patch: scaled, flipped and rotated by a multiple of 90 degrees.

    An image smaller than the patch is padded by reflection. Image and distance map are interpolated
    bilinearly, labels by the nearest neighbour.

    Parameters
    ----------
    source : image, labels and distance map; all three are transformed together.
    side : of the patch, pixels.
    scale_range : the smallest and the largest factor by which the image is scaled.
    """
    scale = math.exp(rng.uniform(math.log(scale_range[0]), math.log(scale_range[1])))
    source = _padded(source, math.ceil(side / scale))
    window = side / scale
    height, width = source.labels.shape
    top, left = rng.uniform(0, height - window), rng.uniform(0, width - window)
    box = (left, top, left + window, top + window)
    size, bilinear = (side, side), Pillow.Resampling.BILINEAR
    first, last = np.floor([top, left]).astype(int), np.ceil([top + window, left + window])
    part = tuple(slice(a, int(b)) for a, b in zip(first, last, strict=True))
    box_in_part = (box[0] - first[1], box[1] - first[0], box[2] - first[1], box[3] - first[0])
    steps = (np.arange(side) + 0.5) / scale
    rows, columns = (top + steps).astype(np.intp), (left + steps).astype(np.intp)
    image = np.asarray(Pillow.fromarray(source.image[part]).resize(size, bilinear, box_in_part))
    distance = np.asarray(
        Pillow.fromarray(source.distance[part]).resize(size, bilinear, box_in_part)
    )
    labels = source.labels[rows[:, np.newaxis], columns]
    if rng.random() < 0.5:
        image, labels, distance = image[:, ::-1], labels[:, ::-1], distance[:, ::-1]
    turns = int(rng.integers(4))
    image, labels, distance = (np.rot90(array, turns) for array in (image, labels, distance))
    return AnnotatedImage(image, labels, distance * (labels > 0))


def elastic_deformation(source: AnnotatedImage, rng: np.random.Generator) -> AnnotatedImage:
    """Deform a patch elastically; its borders stay in place (after Simard et al. 2003).

    The points of a control grid of `GRID_SIZE` x `GRID_SIZE` cells are displaced at random by up to
    `MAX_DISPLACEMENT`; displacements are interpolated bilinearly within each grid cell. Image and
    distance map are interpolated bilinearly, labels by the nearest neighbour.
    """
    height, width = source.labels.shape
    displacement = rng.uniform(-MAX_DISPLACEMENT, MAX_DISPLACEMENT, (GRID_SIZE + 1,) * 2 + (2,))
    displacement[[0, -1]] = displacement[:, [0, -1]] = 0.0
    steps = np.arange(GRID_SIZE + 1)
    points = np.stack(np.meshgrid(steps, steps), axis=-1)  # x, y of each point
    unit = np.array([width, height]) / GRID_SIZE
    target, origin = np.rint(points * unit).astype(int), (points + displacement) * unit
    corners = ((0, 0), (1, 0), (1, 1), (0, 1))  # row, column, in the order that Pillow needs
    mesh = [
        (
            (*target[row, column], *target[row + 1, column + 1]),
            tuple(np.concatenate([origin[row + down, column + right] for down, right in corners])),
        )
        for row in range(GRID_SIZE)
        for column in range(GRID_SIZE)
    ]

    def deformed(array: np.ndarray, interpolation: Pillow.Resampling) -> np.ndarray:
        picture = Pillow.fromarray(np.ascontiguousarray(array))
        return np.asarray(
            picture.transform((width, height), Pillow.Transform.MESH, mesh, interpolation)
        )

    labels = deformed(source.labels, Pillow.Resampling.NEAREST)
    distance = deformed(source.distance, Pillow.Resampling.BILINEAR)
    image = deformed(source.image, Pillow.Resampling.BILINEAR)
    return AnnotatedImage(image, labels, distance * (labels > 0))


def jitter_intensity(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """Change intensities at random: blur, colour, inversion, gamma, contrast, brightness, noise.

    Parameters
    ----------
    image : uint8 (Y, X, 3). Three equal channels, a grey image, stay equal.

    Returns
    -------
    float32 (Y, X, 3), 0 to 1.
    """
    if rng.random() < 0.15:
        blur = ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2))
        image = np.asarray(Pillow.fromarray(np.ascontiguousarray(image)).filter(blur))
    values = image.astype(np.float32) / 255.0
    coloured = bool((image[..., 0] != image[..., 1]).any())
    if coloured and rng.random() < 0.8:
        values = _jitter_colour(values, rng)
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


def _jitter_colour(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Change saturation and channel gains; rarely convert to grey or permute the channels."""
    grey = values.mean(axis=-1, keepdims=True)
    draw = rng.random()
    if draw < 0.15:
        return np.repeat(grey, 3, axis=-1)
    if draw < 0.3:
        values = values[..., rng.permutation(3)]
    values = grey + (values - grey) * np.float32(rng.uniform(0.5, 1.4))
    return np.clip(values * rng.uniform(0.8, 1.2, 3).astype(np.float32), 0.0, 1.0)


def _padded(source: AnnotatedImage, side: int) -> AnnotatedImage:
    """The same image, padded by reflection to at least `side` pixels in Y and X."""
    height, width = source.labels.shape
    down, right = max(0, side - height), max(0, side - width)
    if not down and not right:
        return source
    padding = ((down // 2, down - down // 2), (right // 2, right - right // 2))
    return AnnotatedImage(
        np.pad(source.image, (*padding, (0, 0)), "symmetric"),
        np.pad(source.labels, padding, "symmetric"),
        np.pad(source.distance, padding, "symmetric"),
    )
