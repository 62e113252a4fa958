import numpy as np
import pytest
from skimage.measure import regionprops_table

from cellseg.analysis import intensities as module
from cellseg.analysis.intensities import STATISTICS, intensities, means

LABELS = np.array([[1, 1, 0], [2, 1, 2]])


def test_by_hand():
    pixels = np.array([[1, 2, 100], [10, 6, 20]], np.uint8)
    found = intensities(LABELS, pixels, 2)
    assert found["intensity_mean"].tolist() == [3, 15]
    assert found["intensity_min"].tolist() == [1, 10]
    assert found["intensity_max"].tolist() == [6, 20]
    assert found["intensity_median"].tolist() == [2, 15]
    assert found["intensity_std"] == pytest.approx([np.sqrt(14 / 3), 5])
    assert means(LABELS, pixels, 2).tolist() == [3, 15]


@pytest.mark.parametrize("at_once", [1, 50, 1 << 22])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_as_skimage(monkeypatch, dtype, channels, at_once):
    monkeypatch.setattr(module, "PIXELS_AT_ONCE", at_once)
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 8, (30, 20)) * (rng.random((30, 20)) < 0.7)
    pixels = (rng.random((30, 20, *channels)) * 250).astype(dtype)
    names = [f"intensity_{name}" for name in STATISTICS]
    expected = regionprops_table(labels, pixels, properties=names)
    found = intensities(labels, pixels, 7)
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5 if dtype == np.float32 else 1e-12)


def test_a_small_spread_on_a_high_level_keeps_its_digits():
    pixels = np.where(np.arange(1000) % 2, 65_535, 65_534).astype(np.uint16).reshape(10, 100)
    found = intensities(np.ones((10, 100), int), pixels, 1)
    assert found["intensity_std"] == pytest.approx(0.5, rel=1e-12)


def test_the_image_is_left_as_it_was():
    pixels = np.array([[3.0, 1.0, 2.0]], np.float32)
    intensities(np.ones((1, 3), int), pixels, 1)
    assert pixels.tolist() == [[3, 1, 2]]
