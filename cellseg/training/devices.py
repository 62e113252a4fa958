"""What a training computes on: which devices, in words, and how they share the work."""

from collections.abc import Sequence

import tensorflow as tf


def gpus() -> list[str]:
    """TensorFlow's names of the GPUs; their memory will be taken as it is needed.

    Must come before anything is computed.
    """
    found = tf.config.list_physical_devices("GPU")
    for gpu in found:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except (RuntimeError, ValueError):  # TensorFlow uses it already
            break
    return [f"GPU:{number}" for number in range(len(found))]


def sharing(devices: Sequence[str], batch_size: int) -> list[str]:
    """The most devices among which a batch can be divided evenly."""
    most = max((n for n in range(1, len(devices) + 1) if batch_size % n == 0), default=0)
    return list(devices[:most])


def strategy(devices: Sequence[str]) -> tf.distribute.Strategy:
    """How devices share a training: by mirrored weights and parts of each batch.

    With one device or none, TensorFlow's default, which does nothing.
    """
    if len(devices) > 1:
        return tf.distribute.MirroredStrategy(list(devices))
    return tf.distribute.get_strategy()


def described(devices: Sequence[str]) -> str:
    """Devices in words, such as `CPU` or `2 x NVIDIA L4`; none is the CPU."""
    name = devices[0].partition(":")[0] if devices else "CPU"
    if name == "GPU":
        first = tf.config.list_physical_devices("GPU")[0]
        name = tf.config.experimental.get_device_details(first).get("device_name", name)
    return f"{len(devices)} x {name}" if len(devices) > 1 else name
