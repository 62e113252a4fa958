"""A model of the recipe `pixels` at work: an image in, the probability map and cells out."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.methods.pixels.preprocessing import network_image, network_mask
from cellseg.recipes.pixels.settings import PixelsSettings
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import connected_components, mask_of, resized_probability
from cellseg.segmentation.tiling import Counted

Mask = NDArray[np.bool_]


class PixelsPredictor:
    """A network and the preprocessing it was trained with.

    The forward pass is traced once for any batch size and shared by all callers.
    """

    def __init__(self, network: keras.Model, settings: PixelsSettings) -> None:
        self.settings = settings.preprocessing
        size = self.settings.image_size

        @tf.function(input_signature=[tf.TensorSpec((None, size, size, 3), tf.uint8)])
        def probabilities(images: tf.Tensor) -> tf.Tensor:
            logits = network(tf.cast(images, tf.float32) / 255.0, training=False)
            return keras.ops.softmax(logits, axis=-1)[..., 1]

        self._probabilities = probabilities

    def network_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image at the network's size; float32 (size, size)."""
        return self.batch_probability(network_image(image, self.settings)[None])[0]

    def batch_probability(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Foreground probability of prepared images, all in one pass.

        Parameters
        ----------
        images : uint8 (B, size, size, 3), as `network_image` makes them.

        Returns
        -------
        float32 (B, size, size), 0 to 1.
        """
        return self._probabilities(tf.constant(images)).numpy()

    def foreground_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image of any size, at its own size; float32 (Y, X)."""
        return resized_probability(self.network_probability(image), image.height, image.width)

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: Counted | None = None,
    ) -> Cells:
        """The connected components of the mask; this recipe has no use for the options."""
        probability = self.foreground_probability(image)
        if progress:
            progress(1, 1)
        return Cells(connected_components(mask_of(probability)), probability)

    def masks_at_network_size(self, image: Image, truth: Mask) -> tuple[Mask, Mask]:
        """The true and the predicted mask of an image, bool (size, size)."""
        predicted = mask_of(self.network_probability(image))
        return network_mask(truth, self.settings) > 0, predicted
