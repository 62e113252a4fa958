"""Which arithmetic a network uses: measured on the machine, in about a second."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.recipes import Precision

FASTER = 1.2
"""How much faster bfloat16 must be to be chosen."""

UNIT_ROUNDOFF = 2.0**-8
"""The largest relative error of one rounding to bfloat16, whose significand has 8 bits."""

Computed = Callable[[tf.DType], Sequence[NDArray[np.float32]]]
"""The same numbers computed in the arithmetic that is asked for."""


def chosen(wish: Literal["auto"] | Precision) -> Precision:
    """The precision wished for; for `auto` bfloat16 where it is faster here and accurate."""
    if wish != "auto":
        return wish
    faster = _seconds(tf.float32) > FASTER * _seconds(tf.bfloat16)
    return "bfloat16" if faster and accurate(convolutions) else "float32"


@cache
def fastest() -> Precision:
    """As `chosen` for `auto`, measured once in a process."""
    return chosen("auto")


def accurate(computed: Computed) -> bool:
    """Whether bfloat16 gives what float32 gives but for one rounding of each result.

    That is so where products are added up in float32, as they should be; the difference is then
    below 2^-8 of the results' norm, about 0.4 of that. Sums of hundreds of products in bfloat16
    are off by several times as much (Higham 2002, Accuracy and Stability, section 3.1).
    """
    for exact, rounded in zip(computed(tf.float32), computed(tf.bfloat16), strict=True):
        error = np.linalg.norm(rounded - exact)
        if not error <= UNIT_ROUNDOFF * np.linalg.norm(exact):  # nor where it is no number
            return False
    return True


def convolutions(kind: tf.DType) -> list[NDArray[np.float32]]:
    """A full and a depthwise convolution of noise, and their gradients.

    What goes in is exact in bfloat16, so that only what is computed differs.
    """
    results: list[NDArray[np.float32]] = []
    for convolve, filters in ((tf.nn.conv2d, 128), (tf.nn.depthwise_conv2d, 1)):
        images = _noise((2, 32, 32, 128), kind)
        kernel = _noise((3, 3, 128, filters), kind)
        with tf.GradientTape() as tape:
            tape.watch([images, kernel])
            found = convolve(images, kernel, [1, 1, 1, 1], "SAME")
        slopes = tape.gradient(found, [images, kernel], _noise(found.shape, kind, seed=1))
        results += [tf.cast(array, tf.float32).numpy() for array in (found, *slopes)]
    return results


@contextmanager
def layers_in(precision: Precision) -> Iterator[None]:
    """Layers that are built meanwhile compute in it; their weights stay float32 either way."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _noise(shape: Sequence[int], kind: tf.DType, seed: int = 0) -> tf.Tensor:
    drawn = tf.random.stateless_normal(shape, (0, seed))
    return tf.cast(tf.cast(drawn, tf.bfloat16), kind)


def _seconds(kind: tf.DType) -> float:
    """The quickest of a few passes of a convolution as large as those of the network."""
    images = tf.cast(tf.constant(np.ones((4, 64, 64, 128), np.float32)), kind)
    kernel = tf.cast(tf.constant(np.ones((3, 3, 128, 128), np.float32)), kind)

    @tf.function
    def convolved() -> tf.Tensor:
        return tf.nn.conv2d(images, kernel, 1, "SAME")

    convolved()
    spent = []
    for _ in range(3):
        began = time.perf_counter()
        convolved().numpy()
        spent.append(time.perf_counter() - began)
    return min(spent)
