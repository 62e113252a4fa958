"""Devices of a training, and how they share a batch."""

from collections.abc import Sequence

import tensorflow as tf


def available_gpus() -> list[str]:
    """Names of the GPUs in TensorFlow, which are set to allocate memory only as needed.

    It must be called before TensorFlow computes.
    """
    physical = tf.config.list_physical_devices("GPU")
    for gpu in physical:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except (RuntimeError, ValueError):  # TensorFlow has initialized it already
            break
    return [f"GPU:{number}" for number in range(len(physical))]


def devices_for_batch(devices: Sequence[str], batch_size: int) -> list[str]:
    """The largest number of the devices that divides a batch evenly."""
    most = max((n for n in range(1, len(devices) + 1) if batch_size % n == 0), default=0)
    return list(devices[:most])


def distribution_strategy(devices: Sequence[str]) -> tf.distribute.Strategy:
    """Strategy that mirrors the weights on all devices and distributes each batch over them.

    With at most one device it is the default strategy of TensorFlow, which does nothing.
    """
    if len(devices) > 1:
        return tf.distribute.MirroredStrategy(list(devices))
    return tf.distribute.get_strategy()


def describe_devices(devices: Sequence[str]) -> str:
    """Describe devices in a few words, such as `CPU` or `2 x NVIDIA L4`.

    Parameters
    ----------
    devices : names in TensorFlow; none means the CPU.
    """
    name = devices[0].partition(":")[0] if devices else "CPU"
    if name == "GPU":
        first = tf.config.list_physical_devices("GPU")[0]
        name = tf.config.experimental.get_device_details(first).get("device_name", name)
    return f"{len(devices)} x {name}" if len(devices) > 1 else name
