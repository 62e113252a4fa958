import h5py
import numpy as np
import pytest

from cellseg.models.half_precision import save_half_precision


def test_kernels_become_float16_and_vectors_stay_float32(tmp_path):
    kernel = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    variance = np.array([1e-9, 1e6], np.float32)
    with h5py.File(tmp_path / "whole.h5", "w") as file:
        file["layer/kernel"] = kernel
        file["layer/variance"] = variance
        file["layer"].attrs["name"] = "a"
    save_half_precision(tmp_path / "whole.h5", tmp_path / "half.h5")
    with h5py.File(tmp_path / "half.h5") as file:
        assert file["layer/kernel"].dtype == np.float16
        np.testing.assert_allclose(file["layer/kernel"][()], kernel, atol=1e-3)
        np.testing.assert_array_equal(file["layer/variance"][()], variance)
        assert file["layer"].attrs["name"] == "a"


def test_a_kernel_that_overflows_float16_is_refused(tmp_path):
    with h5py.File(tmp_path / "whole.h5", "w") as file:
        file["kernel"] = np.full((2, 2), 1e6, np.float32)
    with pytest.raises(ValueError, match="kernel does not fit float16"):
        save_half_precision(tmp_path / "whole.h5", tmp_path / "half.h5")


def test_a_network_in_half_precision_predicts_nearly_the_same(tmp_path):
    from cellseg.methods.cells.model import build_cells_unet
    from cellseg.network.weights import try_load_weights
    from cellseg.recipes.cells.settings import CellsNetwork

    settings = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(64, 32, 16, 8))
    network = build_cells_unet(settings)
    network.save_weights(tmp_path / "x.weights.h5")
    save_half_precision(tmp_path / "x.weights.h5", tmp_path / "y.weights.h5")
    other = build_cells_unet(settings)
    assert try_load_weights(other, tmp_path / "y.weights.h5")
    image = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    np.testing.assert_allclose(network(image), other(image), atol=0.01)
    smaller = (tmp_path / "y.weights.h5").stat().st_size
    assert smaller < 0.8 * (tmp_path / "x.weights.h5").stat().st_size
