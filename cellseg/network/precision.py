"""Which arithmetic a network computes in: a fixed rule on the features of the processor."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

import keras
import tensorflow as tf

from cellseg.recipes.base import Precision

BFLOAT16_FEATURES = frozenset({"avx512_bf16", "amx_bf16"})
"""Features of an x86 processor that multiplies bfloat16 and adds up in float32."""

BFLOAT16_CAPABILITY = (8, 0)
"""Compute capability from which an NVIDIA GPU multiplies bfloat16."""

CPUINFO = Path("/proc/cpuinfo")


def resolved(wish: Literal["auto"] | Precision) -> Precision:
    """The precision that is wished for; for `auto` that of `automatic`."""
    return automatic() if wish == "auto" else wish


@cache
def automatic() -> Precision:
    """`bfloat16` where this machine multiplies it natively, else `float32`.

    A rule on features and never a timing: the same machine computes the same labels in every
    process. With a GPU its compute capability decides, else the features that Linux lists for the
    CPU; other systems list none, so that they compute in float32.
    """
    capabilities = gpu_capabilities()
    if capabilities:
        native = min(capabilities) >= BFLOAT16_CAPABILITY
    else:
        native = bool(BFLOAT16_FEATURES & cpu_features())
    return "bfloat16" if native else "float32"


def cpu_features() -> frozenset[str]:
    """Features of the CPU by their Linux names, such as `avx512_bf16`; empty elsewhere."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def gpu_capabilities() -> list[tuple[int, int]]:
    """Compute capability of each GPU that TensorFlow sees; (0, 0) where it names none."""
    details = tf.config.experimental.get_device_details
    gpus = tf.config.list_physical_devices("GPU")
    return [details(gpu).get("compute_capability") or (0, 0) for gpu in gpus]


@contextmanager
def layers_in(precision: Precision) -> Iterator[None]:
    """Layers that are built meanwhile compute in it; their weights stay float32 either way."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
