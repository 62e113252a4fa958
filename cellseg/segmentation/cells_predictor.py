"""A model of the recipe `cells` at work: an image of any size in, its cells out."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.images.limits import check_memory
from cellseg.images.scaling import Stretch, nearest
from cellseg.network.cellnet import DEPTH
from cellseg.network.looks import unlike
from cellseg.recipes import CellsFacts, CellsRecipe
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import (
    connected_components,
    enlarged,
    large_enough,
    separated_cells,
)
from cellseg.segmentation.tiling import Counted, Found, Tile, alike, stitched, tiles

WHOLE = 1_500_000
"""Pixels up to which an image is looked at in one piece where no tile is asked for."""

TILE = 768
"""Side of the tiles of larger images, pixels."""

MARGIN = 96
"""Least overlap of tiles, pixels: cells there need the network's sight of their surroundings."""

GPU_WINDOWS = 4
"""Windows of one shape that go through the network at once on a GPU; a CPU takes them one by one,
which is no slower there."""

FEW = 5
"""Cells below which their size says nothing of the image's scale."""

OTHER_SCALE = 1.7
"""Factor between the diameters of cells here and in the training from which a warning is due."""

SCALES = (0.2, 5.0)
"""The least and the largest factor that an image is scaled by to bring its cells to size."""

BYTES = 8
"""Of a pixel of the result: its label and its probability."""

LOOKED_AT = 1_000_000
"""Pixels of an image from which its looks are told, at most."""

Rgb = NDArray[np.uint8]
Read = Callable[[slice, slice], Rgb]
"""A window of an image, uint8 (Y, X, 3)."""


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
        rgb : uint8 (Y, X, 3), scaled by the percentiles of its whole image; or several windows
            of one shape, (B, Y, X, 3).

        Returns
        -------
        float32 (Y, X, 3) or (B, Y, X, 3): probability of foreground and of boundary, and the
        distance.
        """
        height, width = rgb.shape[-3:-1]
        sides = ((0, -height % DEPTH), (0, -width % DEPTH), (0, 0))
        windows = rgb if rgb.ndim == 4 else rgb[np.newaxis]
        padded = np.pad(windows, ((0, 0), *sides), "symmetric")
        found = self._forward(tf.constant(padded)).numpy()[:, :height, :width]
        return found if rgb.ndim == 4 else found[0]

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: Counted | None = None,
    ) -> Cells:
        """The cells of an image of any size; see `predictor.Predictor.cells`.

        Raises
        ------
        CellsegError
            Where labels and probability would not fit into the memory.
        """
        options = options or PredictionOptions()
        stretch = Stretch.of(image, self.settings.percentile_low, self.settings.percentile_high)
        factor = self._factor(options)
        height, width = (max(1, round(side * factor)) for side in (image.height, image.width))
        pixels = image.height * image.width + (height * width if factor != 1.0 else 0)
        check_memory(BYTES * pixels, "This image")
        whole = options.tile is None and height * width <= WHOLE
        side = max(height, width) if whole else options.tile or TILE
        margin = 0 if whole else max(MARGIN, round(1.5 * self.facts.diameter))
        parts = tiles(height, width, side, margin)
        found = self._found(parts, partial(stretch.resized, height, width))
        labels, probability = stitched(height, width, parts, found, progress)
        if factor != 1.0:
            labels = nearest(labels, image.height, image.width)
            probability = enlarged(probability, image.height, image.width)
        return Cells(labels, probability, self._warnings(stretch, labels, options))

    def _found(self, parts: Sequence[Tile], read: Read) -> Iterator[Found]:
        """Cells and foreground of each tile's window."""
        for group in alike(parts, windows_at_once()):
            windows = [read(*tile.window) for tile in group]
            together = len(windows) > 1
            outputs = self.outputs(np.stack(windows) if together else windows[0])
            for one in outputs if together else [outputs]:
                yield self.separated(one), one[..., 0]

    def separated(self, outputs: NDArray[np.float32]) -> NDArray[np.int32]:
        """Cells from the network's outputs, as the model's target and thresholds say."""
        settings = self.facts.instances
        if self.facts.target == "semantic":
            parts = connected_components(outputs[..., 0] > settings.foreground)
            return large_enough(parts, settings.min_area)
        return separated_cells(outputs[..., 0], outputs[..., 1], outputs[..., 2], settings)

    def foreground_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image of any size, at its own size; float32 (Y, X)."""
        return self.cells(image).probability

    def network_probability(self, image: Image) -> None:
        """Nothing: the recipe has no size of its own."""

    def _warnings(
        self, stretch: Stretch, labels: NDArray[np.int32], options: PredictionOptions
    ) -> tuple[str, ...]:
        """Sentences where an image or its cells are unlike those of the training."""
        size = None if options.diameter else self._other_size(labels)
        looks = None
        if self.facts.looks:
            every = slice(None, None, math.ceil(math.sqrt(labels.size / LOOKED_AT)))
            looks = unlike(stretch.rgb8(every, every), labels[every, every], self.facts.looks)
        return tuple(sentence for sentence in (looks, size) if sentence)

    def _other_size(self, labels: NDArray[np.int32]) -> str | None:
        """A sentence where the cells found are of another size than those of the training."""
        areas = np.zeros(int(labels.max(initial=0)) + 1, np.int64)
        for rows in np.array_split(labels, math.ceil(labels.size / LOOKED_AT)):
            areas += np.bincount(rows.ravel(), minlength=areas.size)
        areas = areas[1:]
        if areas.size < FEW:
            return None
        found, known = 2.0 * math.sqrt(float(np.median(areas)) / math.pi), self.facts.diameter
        if 1.0 / OTHER_SCALE <= found / known <= OTHER_SCALE:
            return None
        return (
            f"The cells found here are typically {found:.0f} pixels in diameter, those that the "
            f"model learned from {known:.0f}; look at the result closely, and give the diameter "
            "of the cells if they are cut or merged."
        )

    def _factor(self, options: PredictionOptions) -> float:
        if options.diameter is None:
            return 1.0
        factor = self.facts.diameter / options.diameter
        return min(SCALES[1], max(SCALES[0], factor))


def windows_at_once() -> int:
    """How many windows go through the network together on this machine."""
    return GPU_WINDOWS if tf.config.list_physical_devices("GPU") else 1
