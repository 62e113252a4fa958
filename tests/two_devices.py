"""Work on two devices that are both this machine's CPU, in a process of its own.

TensorFlow must know its devices before it begins. `python -m tests.two_devices compare` prints
how far weights learned on both are from those learned on one; with a run folder it trains it.
"""

import json
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.losses import CellsLoss
from cellseg.methods.cells.model import build_cells_unet
from cellseg.methods.cells.optimizer import ClippedAdamW
from cellseg.methods.cells.patches import patch_batches
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.methods.cells.targets import distance_map
from cellseg.methods.cells.validation import Validation
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.recipes.cells.settings import CellsNetwork, CellsSettings
from cellseg.training import devices, worker

SMALL = CellsNetwork(encoder_weights="none", alpha=0.35, decoder_filters=(8, 8, 8, 8))


def divided() -> list[str]:
    """The names of two devices made of the CPU."""
    [cpu] = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration() for _ in range(2)]
    tf.config.set_logical_device_configuration(cpu, halves)
    return ["CPU:0", "CPU:1"]


def frozen() -> keras.Model:
    """A network whose batch norms do not learn: each device would see a batch of its own."""
    network = build_cells_unet(SMALL)
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return network


def learned(names: list[str], clip: float) -> list[np.ndarray]:
    """How far averaged weights move in two epochs of two steps; batch norms stay as they are.

    An epsilon of 1000 makes Adam's steps proportional to the gradient, whose size it would hide.
    """
    keras.utils.set_random_seed(0)
    labels = np.zeros((96, 96), np.int32)
    labels[8:40, 8:40], labels[50:90, 20:80] = 1, 2
    image = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    source = AnnotatedImage(image, labels, distance_map(labels))
    with devices.distribution_strategy(names).scope():
        network = frozen()
        optimizer = ClippedAdamW(
            100.0, weight_decay=0.0, epsilon=1e3, use_ema=True, ema_momentum=0.5
        )
        optimizer.global_clipnorm = clip
        network.compile(optimizer=optimizer, loss=CellsLoss())
        optimizer.build(network.trainable_variables)
    before = [variable.numpy() for variable in network.trainable_variables]
    with tempfile.TemporaryDirectory() as folder:
        best = Path(folder) / "best.weights.h5"
        validation = Validation([], best, None, lambda *_: None)
        validation.begin(network, CellsPredictor(network, CellsSettings(), CellsFacts()))
        drawn = list(patch_batches([source], 64, 4, 2, 1000.0, 0).unbatch())
        images, truth = (tf.stack(part) for part in zip(*drawn, strict=True))
        batches = tf.data.Dataset.from_tensor_slices((images, truth)).batch(4)
        network.fit(batches, epochs=2, callbacks=[validation], shuffle=False, verbose=0)
        kept = frozen()
        kept.load_weights(best)
    after = [variable.numpy() for variable in kept.trainable_variables]
    return [now - then for now, then in zip(after, before, strict=True)]


def apart(clip: float, names: list[str]) -> dict[str, float]:
    """Length of the movement on one device, and how far that on two is from it."""
    one, two = learned([], clip), learned(names, clip)
    length = np.sqrt(sum((move**2).sum() for move in one))
    gap = np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(one, two, strict=True)))
    return {"length": float(length), "gap": float(gap)}


if __name__ == "__main__":
    found = divided()
    if sys.argv[1] == "compare":
        print(json.dumps([apart(clip, found) for clip in (1e6, 0.05)]))  # noqa: T201
        sys.exit()
    devices.available_gpus = lambda: found
    sys.exit(worker.main(sys.argv[1:]))
