"""A model of the recipe `cells` at work: an image of any size in, its cells out."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image as Pillow

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.images.limits import check_memory
from cellseg.images.scaling import Stretch, nearest
from cellseg.methods.cells.channels import strange, surest
from cellseg.methods.cells.image_statistics import unlike
from cellseg.methods.cells.instances import separated_cells, worthy
from cellseg.methods.cells.model import DEPTH
from cellseg.methods.cells.preprocessing import cells_image
from cellseg.methods.cells.targets import QUARTILE, typical_diameter
from cellseg.recipes.base import Precision
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.recipes.cells.settings import CellsSettings
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import connected_components, resized_probability
from cellseg.segmentation.tiling import (
    STEP,
    Counted,
    Found,
    Tile,
    alike,
    stitched,
    tiles,
)

WHOLE = 1_500_000
"""Pixels up to which an image is looked at in one piece where no tile is asked for."""

TILE = 1024
"""Side of the tiles of larger images, pixels."""

MARGIN = 160
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

ENLARGED = 3.0
"""Largest factor by which an image of small cells is enlarged for another look."""

QUARTERS = 4
"""Such factors are multiples of one quarter, so that windows can begin on the network's grid."""

MIRRORED: tuple[tuple[int, ...], ...] = ((), (1,), (2,), (1, 2))
"""The axes of (B, Y, X, C) along which windows are mirrored; first as they are."""

LIKELY = 2
"""How many of the network's outputs, the first ones, are logits of a probability."""

BYTES = 8
"""Of a pixel of the result: its label and its probability."""

LOOKED_AT = 30_000
"""Pixels of an image from which its looks are told, at most."""

COLOURS = ("red", "green", "blue")
"""Of the channels that have no names."""

Rgb = NDArray[np.uint8]
Read = Callable[[slice, slice], Rgb]
"""A window of an image, uint8 (Y, X, 3)."""


class CellsPredictor:
    """A network of the recipe `cells` with the preprocessing and thresholds it was trained with.

    The forward pass is traced once for windows of any size and shared by all callers.
    """

    def __init__(
        self,
        network: keras.Model,
        settings: CellsSettings,
        facts: CellsFacts,
        precision: Precision = "float32",
    ) -> None:
        self.settings = settings.preprocessing
        self.facts = facts
        self.precision = precision
        anything = tf.TensorSpec((None, None, None, 3), tf.uint8)

        @tf.function(input_signature=[anything], reduce_retracing=True)
        def forward(images: tf.Tensor) -> tf.Tensor:
            outputs = network(tf.cast(images, tf.float32) / 255.0, training=False)
            planes = tf.cast(tf.transpose(outputs, (0, 3, 1, 2)), tf.float32)
            likely, distance = planes[:, :LIKELY], planes[:, LIKELY:]
            return tf.concat([tf.sigmoid(likely), distance], axis=1)

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
        distance; the mean of four looks where the model is one that looks at mirror images.
        """
        height, width = rgb.shape[-3:-1]
        down, right = -height % DEPTH, -width % DEPTH
        windows = rgb if rgb.ndim == 4 else rgb[np.newaxis]
        sides = ((0, 0), (0, down), (0, right), (0, 0))
        padded = np.pad(windows, sides, "symmetric") if down or right else windows
        turned = MIRRORED if self.facts.flips else MIRRORED[:1]
        seen = [np.flip(self._planes(np.flip(padded, axes)), axes) for axes in turned]
        found = (np.mean(seen, axis=0) if len(seen) > 1 else seen[0])[:, :height, :width]
        return found if rgb.ndim == 4 else found[0]

    def _planes(self, windows: Rgb) -> NDArray[np.float32]:
        """Outputs (B, Y, X, 3) of which each lies together in memory: what follows reads one."""
        return np.moveaxis(self._forward(windows).numpy(), 1, -1)

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
        stretch, first, said = self._seen(cells_image(image, self.settings), options)
        height, width = image.height, image.width
        check_memory(BYTES * height * width, "This image")
        factor, first = self._factor(stretch, options, first)
        if first is not None and options.tile is None and factor == 1.0:
            labels, probability = first
            if progress:
                progress(1, 1)
        else:
            parts = self._tiles(height, width, factor, options)
            found = self._found(parts, stretch.rgb8, factor)
            labels, probability = stitched(height, width, parts, found, progress)
        warnings = (*said, *self._warnings(stretch, labels, options))
        return Cells(labels, probability, warnings, self.precision)

    def _found(self, parts: Sequence[Tile], read: Read, factor: float) -> Iterator[Found]:
        """Cells and foreground of each tile's window, looked at scaled by a factor."""
        for group in alike(parts, windows_at_once()):
            windows = [_resized(read(*tile.window), factor) for tile in group]
            together = len(windows) > 1
            outputs = self.outputs(np.stack(windows) if together else windows[0])
            for one in outputs if together else [outputs]:
                labels, probability = self.separated(one), one[..., 0]
                if factor != 1.0:
                    labels = nearest(labels, *group[0].shape)
                    probability = resized_probability(probability, *group[0].shape)
                yield labels, probability

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

    def masks_at_network_size(self, image: Image, truth: NDArray[np.bool_]) -> None:
        """None: the network has no size of its own."""

    def _warnings(
        self, stretch: Stretch, labels: NDArray[np.int32], options: PredictionOptions
    ) -> tuple[str, ...]:
        """Sentences where an image or its cells are unlike those of the training."""
        size = None if options.diameter else self._other_size(labels)
        image_statistics = None
        if self.facts.image_statistics:
            every = _every(labels.size)
            image_statistics = unlike(
                stretch.rgb8(every, every), labels[every, every], self.facts.image_statistics
            )
        return tuple(sentence for sentence in (image_statistics, size) if sentence)

    def _other_size(self, labels: NDArray[np.int32]) -> str | None:
        """A sentence where the cells found are of another size than those of the training."""
        found = typical_diameter(labels)
        if found is None or labels.max() < FEW:
            return None
        known = self.facts.image_statistics.diameters if self.facts.image_statistics else None
        low, high = known or (self.facts.diameter, self.facts.diameter)
        if low / OTHER_SCALE <= found <= high * OTHER_SCALE:
            return None
        learned = f"{low:.0f} to {high:.0f}" if round(low) < round(high) else f"{low:.0f}"
        return (
            f"The cells found here are typically {found:.0f} pixels in diameter, those that the "
            f"model learned from {learned}; look at the result closely, and give the diameter "
            "of the cells if they are cut or merged."
        )

    def enlargement(self, labels: NDArray[np.int32]) -> float:
        """The factor, 1 to 3, that brings the typical cell of an image to the size `closer`.

        1 where the cells are large enough as they are. Where pixels count, not cells, that of the
        training.
        """
        if self.facts.target == "semantic":
            return self.facts.scale
        diameter, settings = typical_diameter(labels), self.facts.instances
        if diameter is None or labels.max() < FEW or diameter >= settings.second_pass:
            return 1.0
        below = settings.second_pass_below
        if below is not None and (typical_diameter(labels, QUARTILE) or 0.0) >= below:
            return 1.0
        return min(ENLARGED, math.ceil(QUARTERS * settings.second_pass / diameter) / QUARTERS)

    def closer_outputs(self, rgb: Rgb, factor: float) -> NDArray[np.float32]:
        """As `outputs`, of a window enlarged by a factor; at its enlarged size."""
        return self.outputs(_resized(rgb, factor))

    def labels_as(self, rgb: Rgb, known: NDArray[np.int32]) -> NDArray[np.int32]:
        """Cells of a window whose true cells are known, enlarged as one of such cells; (Y, X)."""
        factor = self.enlargement(known)
        found = self.separated(self.closer_outputs(rgb, factor))
        return found if factor == 1.0 else nearest(found, *known.shape)

    def _scaled(self, options: PredictionOptions) -> float | None:
        """By how much to scale an image whose cells have a known diameter."""
        if options.diameter is None:
            return None
        factor = self.facts.scale * self.facts.diameter / options.diameter
        return min(SCALES[1], max(SCALES[0], factor))

    def _factor(
        self, stretch: Stretch, options: PredictionOptions, first: Found | None
    ) -> tuple[float, Found | None]:
        """By how much to scale the image, and what was seen of it whole at its own scale.

        Parameters
        ----------
        first : what was seen of it already, as by `_first`.
        """
        if (factor := self._scaled(options)) is not None:
            return factor, None
        if self.facts.target == "semantic" or not self.facts.instances.second_pass:
            return self.facts.scale, None
        first = first or self._first(stretch, 1.0)
        whole = stretch.image.height * stretch.image.width <= WHOLE
        return self.enlargement(first[0]), first if whole else None

    def _first(self, stretch: Stretch, factor: float) -> Found:
        """What is seen of an image scaled by a factor: of all of it, or of the middle."""
        height, width = stretch.image.height, stretch.image.width
        rows, columns = (
            (slice(0, height), slice(0, width))
            if height * width <= WHOLE
            else (_middle(height), _middle(width))
        )
        return next(self._found([Tile((rows, columns), (rows, columns))], stretch.rgb8, factor))

    def _seen(
        self, stretch: Stretch, options: PredictionOptions
    ) -> tuple[Stretch, Found | None, tuple[str, ...]]:
        """The image, or of strange colours the channel that shows the cells.

        Returns
        -------
        What is looked at, what was seen of it already, and what to say of it.
        """
        channels = [c for c in range(len(stretch.ranges)) if c not in stretch.dark]
        if len(channels) < 2 or self.facts.target == "semantic" or not self.facts.image_statistics:
            return stretch, None, ()
        every = _every(stretch.image.height * stretch.image.width)
        if not strange(stretch.rgb8(every, every), self.facts.image_statistics):
            return stretch, None, ()
        factor = self._scaled(options) or 1.0
        image_statistics = [self._first(stretch.channel(c), factor) for c in channels]
        chosen = surest(image_statistics)
        if chosen is None:
            return stretch, None, ()
        number = channels[chosen]
        named = "".join(stretch.image.channel_names[number : number + 1])
        name = named or f"shown as {COLOURS[number]}"
        said = (
            "The model learned from no such colours, so the one channel was looked at in which it "
            f"was surest of the cells ({name}); choose the channel if that is not meant."
        )
        return stretch.channel(number), image_statistics[chosen], (said,)

    def _tiles(
        self, height: int, width: int, factor: float, options: PredictionOptions
    ) -> list[Tile]:
        """The tiles of an image that is looked at scaled by a factor."""
        if options.tile is None and height * width * factor**2 <= WHOLE:
            return tiles(height, width, max(height, width), 0)
        side = (options.tile or TILE) / factor
        margin = max(MARGIN, 1.5 * self.facts.diameter) / factor
        return tiles(
            height, width, round(side), round(margin), STEP if factor == 1.0 else QUARTERS * STEP
        )


def windows_at_once() -> int:
    """How many windows go through the network together on this machine."""
    return GPU_WINDOWS if tf.config.list_physical_devices("GPU") else 1


def _every(pixels: int) -> slice:
    """Of an axis, so many that few of all pixels are looked at."""
    return slice(None, None, math.ceil(math.sqrt(pixels / LOOKED_AT)))


def _middle(length: int) -> slice:
    """A tile in the middle of an axis; all of a short one."""
    first = max(0, length - TILE) // 2
    return slice(first, min(length, first + TILE))


def _resized(rgb: Rgb, factor: float) -> Rgb:
    if factor == 1.0:
        return rgb
    size = [max(1, round(length * factor)) for length in rgb.shape[1::-1]]
    return np.asarray(Pillow.fromarray(rgb).resize(size, Pillow.Resampling.BICUBIC))
