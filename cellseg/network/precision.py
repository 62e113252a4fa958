"""Precision of the arithmetic, by a fixed rule on the features of the processor."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

import keras
import tensorflow as tf

from cellseg.recipes.base import Precision

BFLOAT16_FEATURES = frozenset({"avx512_bf16", "amx_bf16"})
"""Features of an x86 processor that multiplies bfloat16 and accumulates in float32."""

BFLOAT16_CAPABILITY = (8, 0)
"""Least compute capability of an NVIDIA GPU that multiplies bfloat16."""

CPUINFO = Path("/proc/cpuinfo")
"""File in which Linux lists the features of the CPU."""


def resolve_precision(setting: Literal["auto"] | Precision) -> Precision:
    """Precision of a setting; `auto` means `automatic_precision`."""
    return automatic_precision() if setting == "auto" else setting


@cache
def automatic_precision() -> Precision:
    """`bfloat16` if this machine multiplies it natively, else `float32`.

    The rule depends on features and not on timings, so that a machine predicts the same labels in
    every process. With a GPU its compute capability decides, else the features of the CPU that
    Linux lists; other systems compute in float32.
    """
    capabilities = gpu_capabilities()
    if capabilities:
        native = min(capabilities) >= BFLOAT16_CAPABILITY
    else:
        native = bool(BFLOAT16_FEATURES & cpu_features())
    return "bfloat16" if native else "float32"


def cpu_features() -> frozenset[str]:
    """Features of the CPU by their names in Linux, such as `avx512_bf16`; empty elsewhere."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def gpu_capabilities() -> list[tuple[int, int]]:
    """Compute capability of each GPU in TensorFlow; (0, 0) where it is unknown."""
    details = tf.config.experimental.get_device_details
    gpus = tf.config.list_physical_devices("GPU")
    return [details(gpu).get("compute_capability") or (0, 0) for gpu in gpus]


@contextmanager
def layers_in(precision: Precision) -> Iterator[None]:
    """Context in which layers are built that compute in a precision; weights stay float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
