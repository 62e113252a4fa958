"""Which arithmetic a training uses: measured on the machine, in a fraction of a second."""

import time
from typing import Literal

import numpy as np
import tensorflow as tf

from cellseg.recipes import Precision

FASTER = 1.2
"""How much faster bfloat16 must be to be chosen."""


def chosen(wish: Literal["auto"] | Precision) -> Precision:
    """The precision wished for; for `auto` bfloat16 where a convolution is faster with it."""
    if wish != "auto":
        return wish
    return "bfloat16" if _seconds(tf.float32) > FASTER * _seconds(tf.bfloat16) else "float32"


def policy(precision: Precision) -> str:
    """Keras's name of it: weights stay float32 either way."""
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


def device() -> str:
    """What TensorFlow computes on, in words; the memory of a GPU is taken as it is needed."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except (RuntimeError, ValueError):  # TensorFlow uses it already
            break
    if not gpus:
        return "CPU"
    name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")
    return f"{len(gpus)} x {name}" if len(gpus) > 1 else str(name)


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
