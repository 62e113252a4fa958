"""The predictor of the recipe `cells` tile by tile, with a network that segments bright discs."""

import keras
import numpy as np
import pytest
from skimage.measure import label

from cellseg.analysis.matching import count_matches, overlaps
from cellseg.config import PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images import scaling, size_limits
from cellseg.images.image import Image
from cellseg.methods.cells import predictor as cells_predictor
from cellseg.methods.cells.model import build_cells_unet
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.recipes.cells.facts import CellsFacts, InstanceSettings
from cellseg.recipes.cells.settings import CellsNetwork, CellsSettings
from tests.fake_networks import ScriptedPredictor, bright_network

SMALL = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(16, 8, 8, 8))
FACTS = CellsFacts(diameter=24.0, instances=InstanceSettings(min_area=0))


def bright_predictor():
    return ScriptedPredictor(FACTS, bright_network)


def disc_image(height, width, centres, radius):
    rows, columns = np.ogrid[:height, :width]
    pixels = np.full((height, width), 40, np.uint16)
    for y, x in centres:
        pixels[(rows - y) ** 2 + (columns - x) ** 2 <= radius**2] = 3000
    return Image(pixels, "YX")


CORNERS = [(y, x) for y in range(64, 300, 64) for x in range(64, 300, 64)]
TILED = PredictionOptions(tile=64)


def matches(image, labels):
    truth = label(image.pixels > 1000, connectivity=1)
    return count_matches(overlaps(truth, labels), 1.0)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_cell_on_every_corner_of_the_tiles_is_segmented_whole_and_once(monkeypatch, batch_size):
    monkeypatch.setattr(cells_predictor, "prediction_batch_size", lambda: batch_size)
    image = disc_image(320, 512, CORNERS, 12)
    predictor, seen = bright_predictor(), []
    found = predictor.cells(image, TILED, lambda done, of: seen.append((done, of)))
    counts = matches(image, found.labels)
    assert (counts.tp, counts.fp, counts.fn) == (len(CORNERS), 0, 0)
    np.testing.assert_array_equal(found.probability, image.pixels > 1000)
    assert seen == [(done, 40) for done in range(1, 41)]
    # two of the eight windows in a row have the same shape
    assert len(predictor.shapes) == (40 if batch_size == 1 else 5 * 7)
    assert sum(len(shape) == 4 for shape in predictor.shapes) == (0 if batch_size == 1 else 5)


def test_a_rescaled_image_is_read_tile_by_tile(monkeypatch):
    read = []
    rgb8 = scaling.ContrastStretch.rgb8

    def watched(self, rows=slice(None), columns=slice(None)):
        window = rgb8(self, rows, columns)
        read.append(window.shape)
        return window

    monkeypatch.setattr(scaling.ContrastStretch, "rgb8", watched)
    image = disc_image(1280, 1280, [(2 * y, 2 * x) for y, x in CORNERS], 24)
    found = bright_predictor().cells(image, PredictionOptions(tile=64, diameter=48.0))
    assert max(max(shape) for shape in read) < 1280
    truth = label(image.pixels > 1000, connectivity=1)
    counts = count_matches(overlaps(truth, found.labels), 0.9)
    assert (counts.tp, counts.fp, counts.fn) == (len(CORNERS), 0, 0)


def test_an_image_whose_result_does_not_fit_into_memory_is_refused(monkeypatch):
    free = type("Memory", (), {"available": 300 * 300 * 8})  # of which a fifth is left alone
    monkeypatch.setattr(size_limits.psutil, "virtual_memory", lambda: free)
    with pytest.raises(CellsegError, match=r"This image needs 0\.0 GB of memory"):
        bright_predictor().cells(disc_image(300, 300, CORNERS, 12))


def test_an_exception_of_the_progress_callback_ends_the_prediction():
    predictor = bright_predictor()

    def stop(done, of):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predictor.cells(disc_image(320, 320, CORNERS, 12), TILED, stop)
    assert len(predictor.shapes) == 2


def test_test_time_augmentation_averages_over_flips():
    keras.utils.set_random_seed(0)
    once = CellsPredictor(build_cells_unet(SMALL), CellsSettings(network=SMALL), FACTS)
    often = once.with_facts(FACTS.model_copy(update={"flips": True}))
    window = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    flipped = [
        once.outputs(window[::down, ::right])[::down, ::right]
        for down in (1, -1)
        for right in (1, -1)
    ]
    seen = often.outputs(window)
    np.testing.assert_allclose(seen, np.mean(flipped, axis=0), atol=1e-5)
    assert np.abs(seen - flipped[0]).max() > 1e-3
    np.testing.assert_allclose(often.outputs(window[::-1]), seen[::-1], atol=1e-5)


def test_windows_of_any_number_and_size_share_one_trace():
    keras.utils.set_random_seed(0)
    predictor = CellsPredictor(build_cells_unet(SMALL), CellsSettings(network=SMALL), FACTS)
    rng = np.random.default_rng(0)
    windows = rng.integers(0, 255, (2, 50, 70, 3), dtype=np.uint8)
    both = predictor.outputs(windows)
    assert both.shape == (2, 50, 70, 3)
    for window, outputs in zip(windows, both, strict=True):
        np.testing.assert_allclose(predictor.outputs(window), outputs, atol=1e-5)
    assert predictor.outputs(windows[0, :33, :31]).shape == (33, 31, 3)
    assert predictor._forward_pass.traces == 1
