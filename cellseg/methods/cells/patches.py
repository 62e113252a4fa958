"""Input pipeline of the recipe `cells`: batches of random patches of the training images."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.augmentation import (
    SCALE_RANGE,
    elastic_deformation,
    jitter_intensity,
    random_patch,
)
from cellseg.methods.cells.image_statistics import image_kind
from cellseg.methods.cells.targets import (
    LOWER_QUARTILE,
    boundary_map,
    typical_diameter,
    weight_map,
)
from cellseg.recipes.cells.facts import SECOND_PASS_BELOW

SMALL_DIAMETER = 40.0
"""Diameter of a typical cell below which the cells of an image are small, pixels."""

MAX_ENLARGEMENT = 3.0
"""Largest factor by which images of small cells are enlarged more than others."""

MIN_SIDE, MAX_SIDE = 128, 256
"""Smallest and largest side of the patches where it is fitted to the cells, pixels."""

MIN_STRUCTURE_WIDTH = 14.0
"""Width to which thin structures are enlarged in a semantic training, pixels."""

MAX_SEMANTIC_SCALE = 2.0
"""Largest factor by which the images of a semantic training are enlarged."""


def sampling_weights(sources: Sequence[AnnotatedImage]) -> NDArray[np.float64]:
    """Probability with which each image is sampled; rare kinds and large images are favoured.

    A kind of image is sampled in proportion to the square root of the number of its images, an
    image within its kind in proportion to the square root of its area.

    Returns
    -------
    float64 (N,), sum 1.
    """
    kinds = [image_kind(source) for source in sources]
    sides = np.array([math.sqrt(source.labels.size) for source in sources])
    weights = np.zeros(len(sources))
    for kind in set(kinds):
        own = np.array([other == kind for other in kinds])
        weights[own] = math.sqrt(own.sum()) * sides[own] / sides[own].sum()
    return weights / weights.sum()


def patch_scale_range(source: AnnotatedImage) -> tuple[float, float]:
    """Smallest and largest factor by which an image is scaled; small cells are enlarged more.

    The smallest factor grows by the square root of what the largest grows by, since the first pass
    of a prediction sees small cells at their own size. Images that a prediction does not enlarge
    (see `InstanceSettings.second_pass_below`) keep the usual range.
    """
    diameter = typical_diameter(source.labels) or SMALL_DIAMETER
    if (typical_diameter(source.labels, LOWER_QUARTILE) or SMALL_DIAMETER) >= SECOND_PASS_BELOW:
        return SCALE_RANGE
    enlargement = min(MAX_ENLARGEMENT, max(1.0, SMALL_DIAMETER / diameter))
    return SCALE_RANGE[0] * math.sqrt(enlargement), SCALE_RANGE[1] * enlargement


def semantic_scale(width: float | None) -> float:
    """Factor by which the images of a semantic training are enlarged to widen thin structures.

    Parameters
    ----------
    width : of the thinner structures, pixels; see `targets.structure_width`.

    Returns
    -------
    A multiple of 0.25, from 1 to 2.
    """
    scale = MIN_STRUCTURE_WIDTH / width if width else 1.0
    return min(MAX_SEMANTIC_SCALE, max(1.0, math.ceil(4.0 * scale) / 4.0))


def patch_side(diameter: float) -> int:
    """Side of the patches: about three cell diameters, 128 to 256 pixels.

    Pixels of one patch resemble each other: more and smaller patches from more images train better
    in the same time. Large cells need more context.

    Parameters
    ----------
    diameter : of a typical cell, at the scale of the enlarged images, pixels.

    Returns
    -------
    A multiple of 32.
    """
    return min(MAX_SIDE, max(MIN_SIDE, 32 * math.ceil(3.0 * diameter / 32)))


def patch_batches(
    sources: Sequence[AnnotatedImage],
    side: int,
    batch_size: int,
    steps: int,
    typical_area: float | None,
    seed: int,
    elastic: float = 0.0,
    scale: float | None = None,
) -> tf.data.Dataset:
    """Batches of augmented patches of the images, new ones at every pass.

    Parameters
    ----------
    side : of the patches, pixels, a multiple of 32.
    steps : batches of one pass.
    typical_area : of the cells, pixels; see `targets.weight_map`. None weighs all pixels equally.
    elastic : fraction of the patches that are deformed; see `augmentation.elastic_deformation`.
    scale : factor around which all images are scaled; None enlarges those of small cells.

    Returns
    -------
    Dataset of (float32 (B, side, side, 3) in [0, 1], float32 (B, side, side, 4)); the channels of
    the second are foreground, boundary, distance and weight.
    """
    rng = np.random.default_rng(seed)
    weights = sampling_weights(sources)
    common = (SCALE_RANGE[0] * scale, SCALE_RANGE[1] * scale) if scale else None
    scale_ranges = [common or patch_scale_range(source) for source in sources]

    def sample() -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        for _ in range(steps * batch_size):
            chosen = rng.choice(len(sources), p=weights)
            patch = random_patch(sources[chosen], side, rng, scale_ranges[chosen])
            if elastic and rng.random() < elastic:
                patch = elastic_deformation(patch, rng)
            labels = patch.labels
            targets = np.stack(
                [
                    labels > 0,
                    boundary_map(labels),
                    patch.distance,
                    weight_map(labels, typical_area) if typical_area else np.ones(labels.shape),
                ],
                axis=-1,
            )
            yield jitter_intensity(patch.image, rng), targets.astype(np.float32)

    signature = (
        tf.TensorSpec((side, side, 3), tf.float32),
        tf.TensorSpec((side, side, 4), tf.float32),
    )
    patches = tf.data.Dataset.from_generator(sample, output_signature=signature)
    patches = patches.apply(tf.data.experimental.assert_cardinality(steps * batch_size))
    return patches.batch(batch_size).prefetch(2)
