"""A model of the recipe `cells` at work: an image of any size in, its cells out."""

import copy
import math

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image as Pillow

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.images.scaling import nearest, stretched_rgb8
from cellseg.network.cellnet import DEPTH
from cellseg.recipes import CellsFacts, CellsRecipe
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import (
    connected_components,
    enlarged,
    separated_cells,
    worthy,
)
from cellseg.segmentation.predictor import Counted
from cellseg.segmentation.tiling import stitched, tiles

WHOLE = 1_500_000
"""Pixels up to which an image is looked at in one piece where no tile is asked for."""

TILE = 768
"""Side of the tiles of larger images, pixels."""

MARGIN = 96
"""Least overlap of tiles, pixels: cells there need the network's sight of their surroundings."""

FEW = 5
"""Cells below which their size says nothing of the image's scale."""

OTHER_SCALE = 1.7
"""Factor between the diameters of cells here and in the training from which a warning is due."""

SCALES = (0.2, 5.0)
"""The least and the largest factor that an image is scaled by to bring its cells to size."""

CLOSER = 1.5
"""Factor by which an image of small cells is enlarged for another look."""

Rgb = NDArray[np.uint8]
Seen = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Labels and foreground probability of a window."""


class CellsPredictor:
    """A network of the recipe `cells` with the preprocessing and thresholds it was trained with.

    The forward pass is traced once for windows of any size and shared by all callers.
    """

    def __init__(self, network: keras.Model, recipe: CellsRecipe, facts: CellsFacts) -> None:
        self.settings = recipe.preprocessing
        self.facts = facts
        anything = tf.TensorSpec((None, None, None, 3), tf.uint8)

        @tf.function(input_signature=[anything], reduce_retracing=True)
        def forward(images: tf.Tensor) -> tf.Tensor:
            outputs = network(tf.cast(images, tf.float32) / 255.0, training=False)
            likely = keras.ops.sigmoid(outputs[..., :2])
            return keras.ops.concatenate([likely, outputs[..., 2:]], axis=-1)

        self._forward = forward

    def with_facts(self, facts: CellsFacts) -> "CellsPredictor":
        """The same network, not traced anew, with other thresholds."""
        other = copy.copy(self)
        other.facts = facts
        return other

    def outputs(self, rgb: Rgb) -> NDArray[np.float32]:
        """What the network says of a window.

        Parameters
        ----------
        rgb : uint8 (Y, X, 3), scaled by the percentiles of its whole image.

        Returns
        -------
        float32 (Y, X, 3): probability of foreground and of boundary, and the distance.
        """
        height, width = rgb.shape[:2]
        down, right = -height % DEPTH, -width % DEPTH
        padded = np.pad(rgb, ((0, down), (0, right), (0, 0)), "symmetric")
        return self._forward(tf.constant(padded[None])).numpy()[0, :height, :width]

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: Counted | None = None,
    ) -> Cells:
        """The cells of an image of any size; see `predictor.Predictor.cells`."""
        options = options or PredictionOptions()
        rgb = stretched_rgb8(image, self.settings.percentile_low, self.settings.percentile_high)
        height, width = rgb.shape[:2]
        factor, first = self._factor(rgb, options)
        whole = options.tile is None and height * width <= WHOLE
        side = max(height, width) if whole else round((options.tile or TILE) / factor)
        margin = 0 if whole else round(max(MARGIN, 1.5 * self.facts.diameter) / factor)

        def segment(rows: slice, columns: slice) -> Seen:
            part = rgb[rows, columns]
            if first is not None and part.shape == rgb.shape and factor == 1.0:
                return first
            return self._seen(part, factor)

        parts = tiles(height, width, side, margin)
        labels, probability = stitched(height, width, parts, segment, progress)
        return Cells(labels, probability, self._warnings(labels, options))

    def separated(self, outputs: NDArray[np.float32]) -> NDArray[np.int32]:
        """Cells from the network's outputs, as the model's target and thresholds say."""
        settings = self.facts.instances
        if self.facts.target == "semantic":
            parts = connected_components(outputs[..., 0] > settings.foreground)
            return worthy(parts, outputs[..., 0], settings)
        return separated_cells(outputs[..., 0], outputs[..., 1], outputs[..., 2], settings)

    def foreground_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image of any size, at its own size; float32 (Y, X)."""
        return self.cells(image).probability

    def network_probability(self, image: Image) -> None:
        """Nothing: the recipe has no size of its own."""

    def _warnings(self, labels: NDArray[np.int32], options: PredictionOptions) -> tuple[str, ...]:
        """A sentence where the cells found are of another size than those of the training."""
        areas = np.bincount(labels.ravel())[1:]
        if areas.size < FEW or options.diameter is not None:
            return ()
        found, known = _diameter(areas), self.facts.diameter
        if 1.0 / OTHER_SCALE <= found / known <= OTHER_SCALE:
            return ()
        return (
            f"The cells found here are typically {found:.0f} pixels in diameter, those that the "
            f"model learned from {known:.0f}; look at the result closely, and give the diameter "
            "of the cells if they are cut or merged.",
        )

    def is_small(self, labels: NDArray[np.int32]) -> bool:
        """Whether the typical cell is so small that the image is better looked at enlarged."""
        areas = np.bincount(labels.ravel())[1:]
        if areas.size < FEW:
            return False
        return _diameter(areas) < self.facts.instances.closer

    def closer_look(self, rgb: Rgb) -> Rgb:
        """A window enlarged for small cells."""
        return _resized(rgb, CLOSER)

    def _factor(self, rgb: Rgb, options: PredictionOptions) -> tuple[float, Seen | None]:
        """By how much to scale the image, and what was seen of it whole at its own scale."""
        if options.diameter is not None:
            return min(SCALES[1], max(SCALES[0], self.facts.diameter / options.diameter)), None
        if not self.facts.instances.closer:
            return 1.0, None
        height, width = rgb.shape[:2]
        if height * width <= WHOLE:
            first = self._seen(rgb, 1.0)
            return (CLOSER if self.is_small(first[0]) else 1.0), first
        top, left = max(0, height - TILE) // 2, max(0, width - TILE) // 2
        labels, _ = self._seen(rgb[top : top + TILE, left : left + TILE], 1.0)
        return (CLOSER if self.is_small(labels) else 1.0), None

    def _seen(self, rgb: Rgb, factor: float) -> Seen:
        """Cells and foreground probability of a window, looked at scaled by a factor."""
        if factor == 1.0:
            outputs = self.outputs(rgb)
            return self.separated(outputs), outputs[..., 0]
        height, width = rgb.shape[:2]
        outputs = self.outputs(_resized(rgb, factor))
        labels = nearest(self.separated(outputs), height, width)
        return labels, enlarged(outputs[..., 0], height, width)


def _resized(rgb: Rgb, factor: float) -> Rgb:
    size = [max(1, round(length * factor)) for length in rgb.shape[1::-1]]
    return np.asarray(Pillow.fromarray(rgb).resize(size, Pillow.Resampling.BICUBIC))


def _diameter(areas: NDArray[np.int64]) -> float:
    """Of a circle of the median area, pixels."""
    return 2.0 * math.sqrt(float(np.median(areas)) / math.pi)
