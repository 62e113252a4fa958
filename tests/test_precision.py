from pathlib import Path

import keras
import pytest

from cellseg.network import precision

X86 = "processor\t: 0\nmodel name\t: a CPU\nflags\t\t: fpu sse2 avx512f{}\nbugs\t\t: none\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd bf16\n"


@pytest.fixture(autouse=True)
def forget():
    precision.automatic_precision.cache_clear()
    yield
    precision.automatic_precision.cache_clear()


def machine(monkeypatch, tmp_path: Path, cpuinfo: str | None, gpus=()):
    path = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        path.write_text(cpuinfo)
    monkeypatch.setattr(precision, "CPUINFO", path)
    monkeypatch.setattr(precision, "gpu_capabilities", lambda: list(gpus))


@pytest.mark.parametrize(
    ("cpuinfo", "gpus", "expected"),
    [
        (X86.format(""), (), "float32"),
        (X86.format(" avx512_bf16"), (), "bfloat16"),
        (X86.format(" amx_bf16 amx_tile"), (), "bfloat16"),
        (X86.format(" avx512_bf16x"), (), "float32"),
        (ARM, (), "float32"),
        (None, (), "float32"),
        (X86.format(" avx512_bf16"), ((7, 5),), "float32"),
        (X86.format(""), ((8, 0),), "bfloat16"),
        (X86.format(""), ((9, 0), (7, 5)), "float32"),
    ],
)
def test_the_features_decide(monkeypatch, tmp_path, cpuinfo, gpus, expected):
    machine(monkeypatch, tmp_path, cpuinfo, gpus)
    assert precision.automatic_precision() == expected
    assert precision.resolve_precision("auto") == expected


def test_a_precision_in_the_settings_overrides_the_features(monkeypatch, tmp_path):
    machine(monkeypatch, tmp_path, X86.format(""))
    assert precision.resolve_precision("bfloat16") == "bfloat16"
    machine(monkeypatch, tmp_path, X86.format(" avx512_bf16"))
    assert precision.resolve_precision("float32") == "float32"


def test_layers_compute_in_the_precision_and_the_policy_is_restored():
    before = keras.config.dtype_policy().name
    with precision.layers_in("bfloat16"):
        layer = keras.layers.Dense(1)
    assert (layer.compute_dtype, layer.variable_dtype) == ("bfloat16", "float32")
    assert keras.config.dtype_policy().name == before
