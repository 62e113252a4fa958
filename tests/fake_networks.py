"""Predictors of the recipe `cells` whose network is a function of the image."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.methods.cells.targets import distance_map
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.recipes.cells.settings import CellsSettings


class ScriptedPredictor(CellsPredictor):
    """A predictor that says what it is told.

    Parameters
    ----------
    network : from an image (Y, X, 3) to the outputs of a network (Y, X, 3); by default it finds
        nothing.
    labels : a label image (Y, X) that it finds in every image, whatever its network says.

    Attributes
    ----------
    shapes : of all that its network was given.
    """

    def __init__(
        self,
        facts: CellsFacts | None = None,
        network: Callable[[NDArray], NDArray] = np.zeros_like,
        labels: NDArray | None = None,
    ) -> None:
        self.facts = facts or CellsFacts()
        self.settings = CellsSettings().preprocessing
        self.precision = "float32"
        self.network = network
        self.labels = labels
        self.shapes: list[tuple[int, ...]] = []

    def outputs(self, rgb):
        self.shapes.append(rgb.shape)
        windows = rgb if rgb.ndim == 4 else rgb[None]
        outputs = np.stack([self.network(window) for window in windows]).astype(np.float32)
        return outputs if rgb.ndim == 4 else outputs[0]

    def instances(self, outputs):
        return super().instances(outputs) if self.labels is None else self.labels


def ideal_outputs(labels: NDArray) -> NDArray[np.float32]:
    """What a network says that is always right: probability, border and distance, (Y, X, 3)."""
    return np.stack([labels > 0, 0 * labels, distance_map(labels)], axis=-1).astype(np.float32)


def bright_network(rgb: NDArray) -> NDArray[np.float32]:
    """A network to which every bright part of its window is a cell."""
    return ideal_outputs(label(rgb[..., 0] > 128, connectivity=1))


def two_squares() -> tuple[NDArray, NDArray[np.float32]]:
    """Two touching squares of 20 x 20 pixels, and the outputs of an ideal network for them."""
    labels = np.zeros((64, 64), np.int32)
    labels[10:30, 10:30], labels[10:30, 30:50] = 1, 2
    return labels, ideal_outputs(labels)


def squares_predictor(facts: CellsFacts) -> ScriptedPredictor:
    """A predictor whose network predicts `two_squares` for any image."""
    return ScriptedPredictor(facts, lambda rgb: two_squares()[1][: rgb.shape[0], : rgb.shape[1]])


def plateau_network(rgb: NDArray) -> NDArray:
    """A network for which bright pixels are cells with the same distance everywhere."""
    bright = rgb[..., 0] > 127
    return np.stack([bright, 0 * bright, bright], axis=-1)
