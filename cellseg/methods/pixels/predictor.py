"""Predictor of the recipe `pixels`: probability map and label image of an image."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.methods.pixels.preprocessing import network_image, network_mask
from cellseg.recipes.pixels.settings import PixelsSettings
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import connected_components, foreground_mask, resize_probability
from cellseg.segmentation.tiling import PartsCallback

Mask = NDArray[np.bool_]


class PixelsPredictor:
    """A trained network of the recipe `pixels` with its preprocessing.

    TensorFlow traces the forward pass once for any batch size.
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
        """Foreground probability of an image at the size of the network, float32 (size, size)."""
        return self.batch_probability(network_image(image, self.settings)[None])[0]

    def batch_probability(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Foreground probability of preprocessed images, in one forward pass.

        Parameters
        ----------
        images : uint8 (B, size, size, 3), as `network_image` returns them.

        Returns
        -------
        float32 (B, size, size), 0 to 1.
        """
        return self._probabilities(tf.constant(images)).numpy()

    def foreground_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image at its own size, float32 (Y, X), 0 to 1."""
        return resize_probability(self.network_probability(image), image.height, image.width)

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: PartsCallback | None = None,
    ) -> Cells:
        """Connected components of the foreground mask; the options have no effect."""
        probability = self.foreground_probability(image)
        if progress:
            progress(1, 1)
        return Cells(connected_components(foreground_mask(probability)), probability)

    def masks_at_network_size(self, image: Image, truth: Mask) -> tuple[Mask, Mask]:
        """True and predicted mask at the size of the network, each bool (size, size)."""
        predicted = foreground_mask(self.network_probability(image))
        return network_mask(truth, self.settings) > 0, predicted
