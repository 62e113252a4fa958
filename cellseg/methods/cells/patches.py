"""The input pipeline of the recipe `cells`: batches of random squares of the images."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.methods.cells.augmentation import (
    SCALES,
    Annotated,
    crop,
    recolour,
    warp,
)
from cellseg.methods.cells.targets import (
    QUARTILE,
    boundaries,
    typical_diameter,
    weights,
)
from cellseg.recipes.cells.facts import SECOND_PASS_BELOW

SMALL = 40.0
"""Diameter of a typical cell, pixels, below which an image counts as one of small cells."""

MOST_ENLARGED = 3.0
"""Largest factor by which an image of small cells is enlarged more than others."""

SMALLEST, LARGEST = 128, 256
"""Sides of the squares to learn from, where they fit the cells."""

THIN = 14.0
"""Width, pixels, to which thin structures are enlarged where pixels count, not cells."""

KINDS = ("colour", "bright cells", "dark cells")
"""What an image may look like; see `kind_of`."""


def kind_of(source: Annotated) -> str:
    """Whether an image is coloured, and if not, whether its cells are brighter than the rest."""
    image, cells = source.image, source.labels > 0
    if (image != image[..., :1]).any():
        colours = image.astype(np.float32)
        if np.abs(colours - colours.mean(axis=-1, keepdims=True)).mean() > 4.0:
            return KINDS[0]
    inside = image[cells].mean() if cells.any() else 255.0
    outside = image[~cells].mean() if not cells.all() else 0.0
    return KINDS[1] if inside >= outside else KINDS[2]


def chances(sources: Sequence[Annotated]) -> NDArray[np.float64]:
    """How likely each image is drawn: rare kinds of image and large images more than one by one.

    A kind is drawn in proportion to the square root of the number of its images, an image of a
    kind in proportion to the square root of its pixels.
    """
    kinds = [kind_of(source) for source in sources]
    sides = np.array([math.sqrt(source.labels.size) for source in sources])
    drawn = np.zeros(len(sources))
    for kind in set(kinds):
        own = np.array([other == kind for other in kinds])
        drawn[own] = math.sqrt(own.sum()) * sides[own] / sides[own].sum()
    return drawn / drawn.sum()


def scales_of(source: Annotated) -> tuple[float, float]:
    """The factors that an image is scaled between: images of small cells are enlarged more.

    The least of them grows by the root of what the largest grows by: the size of small cells is
    told from an image as it is, before it is enlarged. Images that are looked at as they are (see
    `InstanceSettings.closer_below`) are learned as they are.
    """
    diameter = typical_diameter(source.labels) or SMALL
    if (typical_diameter(source.labels, QUARTILE) or SMALL) >= SECOND_PASS_BELOW:
        return SCALES
    more = min(MOST_ENLARGED, max(1.0, SMALL / diameter))
    return SCALES[0] * math.sqrt(more), SCALES[1] * more


def enlarged_for(width: float | None) -> float:
    """The factor, 1 to 2, by which images are enlarged so that thin structures are wide enough.

    Parameters
    ----------
    width : of the thinner structures, pixels, as `targets.thinner` finds it.

    Returns
    -------
    A multiple of one quarter.
    """
    wanted = THIN / width if width else 1.0
    return min(2.0, max(1.0, math.ceil(4.0 * wanted) / 4.0))


def side_for(diameter: float) -> int:
    """Side of the squares to learn from: about three cells, 128 to 256 pixels.

    Pixels of one square are alike: from as many pixels in more and smaller squares, drawn from more
    images, much more is learned in the same time. Large cells need more around them.

    Parameters
    ----------
    diameter : of a typical cell, pixels, as enlarged as the images are.

    Returns
    -------
    A multiple of 32.
    """
    return min(LARGEST, max(SMALLEST, 32 * math.ceil(3.0 * diameter / 32)))


def crop_batches(
    sources: Sequence[Annotated],
    side: int,
    batch_size: int,
    steps: int,
    typical_area: float | None,
    seed: int,
    elastic: float = 0.0,
    enlarged: float | None = None,
) -> tf.data.Dataset:
    """Batches of changed squares of the images, others at every pass.

    Parameters
    ----------
    side : of the squares, pixels, a multiple of 32.
    steps : batches of one pass.
    typical_area : of the cells, pixels; see `targets.weights`. None: all pixels weigh alike.
    elastic : share of the squares that are bent, see `augmentation.warp`.
    enlarged : factor about which all images are scaled alike; None enlarges those of small cells.

    Returns
    -------
    Dataset of (float32 (B, side, side, 3) in [0, 1], float32 (B, side, side, 4): foreground,
    boundary, distance, weight).
    """
    rng = np.random.default_rng(seed)
    likely = chances(sources)
    alike = (SCALES[0] * enlarged, SCALES[1] * enlarged) if enlarged else None
    scales = [alike or scales_of(source) for source in sources]

    def draw() -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        for _ in range(steps * batch_size):
            chosen = rng.choice(len(sources), p=likely)
            square = crop(sources[chosen], side, rng, scales[chosen])
            if elastic and rng.random() < elastic:
                square = warp(square, rng)
            labels = square.labels
            truth = np.stack(
                [
                    labels > 0,
                    boundaries(labels),
                    square.distance,
                    weights(labels, typical_area) if typical_area else np.ones(labels.shape),
                ],
                axis=-1,
            )
            yield recolour(square.image, rng), truth.astype(np.float32)

    signature = (
        tf.TensorSpec((side, side, 3), tf.float32),
        tf.TensorSpec((side, side, 4), tf.float32),
    )
    squares = tf.data.Dataset.from_generator(draw, output_signature=signature)
    squares = squares.apply(tf.data.experimental.assert_cardinality(steps * batch_size))
    return squares.batch(batch_size).prefetch(2)
