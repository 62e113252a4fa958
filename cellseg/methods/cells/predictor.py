"""Predictor of the recipe `cells`: the label image of an image of any size."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.images.scaling import ContrastStretch, nearest
from cellseg.images.size_limits import check_memory
from cellseg.methods.cells.channels import has_unknown_colours, most_confident_channel
from cellseg.methods.cells.distribution_warnings import appearance_warning, size_warning
from cellseg.methods.cells.forward_pass import ForwardPass
from cellseg.methods.cells.instances import filter_by_size_and_score, instances_from_maps
from cellseg.methods.cells.preprocessing import scale_intensities
from cellseg.methods.cells.scales import rescale, scale_of_diameter, second_pass_scale
from cellseg.methods.cells.windows import (
    MAX_WHOLE_PIXELS,
    first_pass_window,
    prediction_batch_size,
    prediction_tiles,
)
from cellseg.recipes.base import Precision
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.recipes.cells.settings import CellsSettings
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import connected_components, resize_probability
from cellseg.segmentation.tiling import (
    PartsCallback,
    Tile,
    WindowResult,
    stitch,
    tile_batches,
)

BYTES_PER_PIXEL = 8
"""Bytes of the result for each pixel: a label and a probability."""

MAX_SAMPLED_PIXELS = 30_000
"""Number of pixels from which the appearance of an image is judged."""

CHANNEL_COLOURS = ("red", "green", "blue")
"""Colours in which channels without a name are displayed."""

Rgb = NDArray[np.uint8]


class CellsPredictor:
    """A trained network of the recipe `cells` with its preprocessing and instance settings.

    settings : of the preprocessing. facts : of the training. precision : of the network.

    Parameters
    ----------
    network : as `model.build_cells_unet` builds it, with trained weights.
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
        self._forward_pass = ForwardPass(network)

    def with_facts(self, facts: CellsFacts) -> "CellsPredictor":
        """The same network, without another trace, with other instance settings."""
        other = copy.copy(self)
        other.facts = facts
        return other

    def outputs(self, rgb: Rgb) -> NDArray[np.float32]:
        """Maps that the network predicts for a window.

        Parameters
        ----------
        rgb : uint8 (Y, X, 3), scaled by the percentiles of the whole image; or several windows of
            one shape, (B, Y, X, 3).

        Returns
        -------
        float32 (Y, X, 3) or (B, Y, X, 3): probabilities of foreground and boundary, and the
        distance map; averaged over flips where the model uses test-time augmentation.
        """
        windows = rgb if rgb.ndim == 4 else rgb[np.newaxis]
        outputs = self._forward_pass(windows, self.facts.flips)
        return outputs if rgb.ndim == 4 else outputs[0]

    def scaled_outputs(self, rgb: Rgb, scale: float) -> NDArray[np.float32]:
        """As `outputs`, for a window that is enlarged first; at the enlarged size."""
        return self.outputs(rescale(rgb, scale))

    def instances(self, outputs: NDArray[np.float32]) -> NDArray[np.int32]:
        """Label image from the outputs of the network, by the target and the instance settings.

        Parameters
        ----------
        outputs : float32 (Y, X, 3), see `outputs`.

        Returns
        -------
        int32 (Y, X): 0 is background, 1 to N the cells.
        """
        settings = self.facts.instances
        foreground, boundary, distance = (outputs[..., channel] for channel in range(3))
        if self.facts.target == "semantic":
            components = connected_components(foreground > settings.foreground)
            return filter_by_size_and_score(components, foreground, settings)
        return instances_from_maps(foreground, boundary, distance, settings)

    def second_pass_scale(self, labels: NDArray[np.int32]) -> float:
        """Factor by which to enlarge an image for a second pass, by the cells of the first one."""
        return second_pass_scale(labels, self.facts)

    def labels_at_true_scale(self, rgb: Rgb, truth: NDArray[np.int32]) -> NDArray[np.int32]:
        """Label image of a window, enlarged as the true cells require.

        Parameters
        ----------
        rgb : uint8 (Y, X, 3). truth : int32 (Y, X), the true cells.

        Returns
        -------
        int32 (Y, X).
        """
        scale = self.second_pass_scale(truth)
        labels = self.instances(self.scaled_outputs(rgb, scale))
        return labels if scale == 1.0 else nearest(labels, *truth.shape)

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: PartsCallback | None = None,
    ) -> Cells:
        """Segment an image of any size; see `predictor.Segmenter.cells`.

        Raises
        ------
        CellsegError
            Where label image and probability map do not fit into memory.
        """
        options = options or PredictionOptions()
        stretch, first_pass, warnings = self._choose_channel(
            scale_intensities(image, self.settings), options
        )
        height, width = image.height, image.width
        check_memory(BYTES_PER_PIXEL * height * width, "This image")
        scale, first_pass = self._choose_scale(stretch, options, first_pass)
        if first_pass is not None and options.tile is None and scale == 1.0:
            labels, probability = first_pass
            if progress:
                progress(1, 1)
        else:
            tiles = prediction_tiles(height, width, scale, options.tile, self.facts.diameter)
            segmented = self._segment_tiles(tiles, stretch.rgb8, scale)
            labels, probability = stitch(height, width, tiles, segmented, progress)
        warnings = (*warnings, *self._distribution_warnings(stretch, labels, options))
        return Cells(labels, probability, warnings, self.precision)

    def foreground_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image, float32 (Y, X), 0 to 1."""
        return self.cells(image).probability

    def masks_at_network_size(self, image: Image, truth: NDArray[np.bool_]) -> None:
        """None, since the network takes images of any size."""

    def _segment_tiles(
        self, tiles: Sequence[Tile], read: Callable[[slice, slice], Rgb], scale: float
    ) -> Iterator[WindowResult]:
        """Segment the window of each tile, enlarged by a factor; at the size of the window.

        Parameters
        ----------
        read : rows and columns of the image to uint8 (Y, X, 3).
        """
        for batch in tile_batches(tiles, prediction_batch_size()):
            windows = [rescale(read(*tile.window), scale) for tile in batch]
            several = len(windows) > 1
            outputs = self.outputs(np.stack(windows) if several else windows[0])
            for maps in outputs if several else [outputs]:
                labels, probability = self.instances(maps), maps[..., 0]
                if scale != 1.0:
                    labels = nearest(labels, *batch[0].shape)
                    probability = resize_probability(probability, *batch[0].shape)
                yield labels, probability

    def _first_pass(self, stretch: ContrastStretch, scale: float) -> WindowResult:
        """Segment an image, or the centre of a large one, at a scale."""
        window = first_pass_window(stretch.image.height, stretch.image.width)
        return next(self._segment_tiles([Tile(window, window)], stretch.rgb8, scale))

    def _choose_scale(
        self, stretch: ContrastStretch, options: PredictionOptions, first_pass: WindowResult | None
    ) -> tuple[float, WindowResult | None]:
        """Factor by which to enlarge an image, and the first pass where it covers the image.

        Parameters
        ----------
        first_pass : of this image, if it was computed already.
        """
        if options.diameter is not None:
            return scale_of_diameter(options.diameter, self.facts), None
        if self.facts.target == "semantic" or not self.facts.instances.second_pass:
            return self.facts.scale, None
        first_pass = first_pass or self._first_pass(stretch, 1.0)
        whole = stretch.image.height * stretch.image.width <= MAX_WHOLE_PIXELS
        return self.second_pass_scale(first_pass[0]), first_pass if whole else None

    def _choose_channel(
        self, stretch: ContrastStretch, options: PredictionOptions
    ) -> tuple[ContrastStretch, WindowResult | None, tuple[str, ...]]:
        """The image, or one channel of it where the model does not know its colours.

        Returns
        -------
        What to segment, its first pass if it was computed, and warnings.
        """
        unchanged = stretch, None, ()
        channels = [c for c in range(len(stretch.ranges)) if c not in stretch.dark]
        statistics = self.facts.image_statistics
        if len(channels) < 2 or self.facts.target == "semantic" or not statistics:
            return unchanged
        sample = _sample(stretch.image.height * stretch.image.width)
        if not has_unknown_colours(stretch.rgb8(sample, sample), statistics):
            return unchanged
        scale = scale_of_diameter(options.diameter, self.facts) if options.diameter else 1.0
        passes = [self._first_pass(stretch.channel(c), scale) for c in channels]
        chosen = most_confident_channel(passes)
        if chosen is None:
            return unchanged
        number = channels[chosen]
        name = "".join(stretch.image.channel_names[number : number + 1])
        warning = (
            "The model was not trained on images with such colours, so only one channel was "
            f"segmented ({name or CHANNEL_COLOURS[number]}), the one in which the prediction is "
            "most confident; choose another channel if the cells are not in this one."
        )
        return stretch.channel(number), passes[chosen], (warning,)

    def _distribution_warnings(
        self, stretch: ContrastStretch, labels: NDArray[np.int32], options: PredictionOptions
    ) -> tuple[str, ...]:
        """Sentences where the image or its cells are out of the distribution of the training."""
        size = None if options.diameter else size_warning(labels, self.facts)
        appearance = None
        if statistics := self.facts.image_statistics:
            sample = _sample(labels.size)
            rgb = stretch.rgb8(sample, sample)
            appearance = appearance_warning(rgb, labels[sample, sample], statistics)
        return tuple(sentence for sentence in (appearance, size) if sentence)


def _sample(pixels: int) -> slice:
    """Every n-th row or column of an image, so that about `MAX_SAMPLED_PIXELS` pixels remain."""
    return slice(None, None, math.ceil(math.sqrt(pixels / MAX_SAMPLED_PIXELS)))
