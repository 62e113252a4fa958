"""Input pipeline of the recipe `pixels`: batches of images and masks for TensorFlow."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.methods.pixels.augmentation import random_flip

Uint8Array = NDArray[np.uint8]


def training_batches(
    images: Uint8Array, masks: Uint8Array, batch_size: int, seed: int
) -> tf.data.Dataset:
    """Batches for training, shuffled and flipped at random in each pass.

    Parameters
    ----------
    images : uint8 (N, size, size, 3).
    masks : uint8 (N, size, size), 0 or 1.
    batch_size : images in a batch.
    seed : of the random numbers.

    Returns
    -------
    Dataset of (float32 (B, size, size, 3) in [0, 1], uint8 (B, size, size)); the last batch of a
    pass can be smaller.
    """
    rng = np.random.default_rng(seed)

    def one_pass() -> Iterator[tuple[Uint8Array, Uint8Array]]:
        for index in rng.permutation(len(images)):
            yield random_flip(images[index], masks[index], rng)

    signature = (
        tf.TensorSpec(images.shape[1:], tf.uint8),
        tf.TensorSpec(masks.shape[1:], tf.uint8),
    )
    pairs = tf.data.Dataset.from_generator(one_pass, output_signature=signature)
    pairs = pairs.apply(tf.data.experimental.assert_cardinality(len(images)))
    return pairs.batch(batch_size).map(_to_unit).prefetch(2)


def scoring_batches(images: Uint8Array, masks: Uint8Array, batch_size: int) -> tf.data.Dataset:
    """Batches for scoring, in order and not augmented; otherwise as `training_batches`."""
    pairs = tf.data.Dataset.from_tensor_slices((images, masks))
    return pairs.batch(batch_size).map(_to_unit).prefetch(2)


def _to_unit(images: tf.Tensor, masks: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.cast(images, tf.float32) / 255.0, masks
