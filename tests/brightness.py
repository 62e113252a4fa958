"""A network without TensorFlow, also for a worker: `python -m tests.brightness FOLDER`."""

import os
import sys
import time
from datetime import UTC, datetime

import numpy as np
from scipy import ndimage

from cellseg.batches import worker
from cellseg.models.facts import ModelFacts
from cellseg.models.store import ModelStore
from cellseg.recipes.pixels.settings import PixelsNetwork, PixelsSettings
from cellseg.segmentation.cells import Cells

PAUSE = "CELLSEG_TEST_PAUSE"
"""Seconds that each image takes."""


class BrightIsCell:
    """Finds cells in what is brighter than the middle of 8 bits."""

    def cells(self, image, options=None, progress=None):
        """Touching bright pixels are a cell."""
        time.sleep(float(os.environ.get(PAUSE, "0")))
        grey = image.pixels if image.axes == "YX" else image.pixels.max(axis=2)
        probability = (grey / np.float32(255)).astype(np.float32)
        labels, _ = ndimage.label(probability > 0.5)
        return Cells(labels.astype(np.int32), probability)


def model(workspace):
    """A published model whose weights nobody reads."""
    workspace.root.mkdir(parents=True, exist_ok=True)
    weights = workspace.root / "weights.h5"
    weights.write_bytes(b"none")
    facts = ModelFacts(
        name="bright",
        created=datetime(2026, 3, 24, tzinfo=UTC),
        recipe=PixelsSettings(network=PixelsNetwork(encoder_weights="none")),
        dataset_name="D",
        dataset_fingerprint="f" * 64,
        train=("a",),
        test=(),
        epochs_done=1,
        ended="finished",
        seconds=1.0,
        scores=None,
        encoder_sha256=None,
        run_id="r",
        versions={},
    )
    return ModelStore(workspace).publish(facts, weights)


if __name__ == "__main__":
    worker.load = lambda batch: BrightIsCell()
    sys.exit(worker.main(sys.argv[1:]))
