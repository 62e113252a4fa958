"""Settings of the recipe `pixels`: values are validated, unknown keys are errors."""

from typing import Literal

from pydantic import Field

from cellseg.config import Frozen
from cellseg.recipes.base import RecipeSettings
from cellseg.recipes.encoders import EncoderSettings, Filters

FEW_IMAGES = 64
"""Largest number of training images for which the default batch size is 1; above it is 16."""


class PixelsPreprocessing(Frozen):
    """Preprocessing of images; stored in the model, so that training and prediction agree.

    image_size : side of the square input of the network, pixels, a multiple of 32.
    percentile_low, percentile_high : percentiles of each channel that are scaled to 0 and 255, for
        images of more than 8 bits.
    """

    image_size: int = Field(default=128, ge=32, le=1024, multiple_of=32)
    percentile_low: float = Field(default=1.0, ge=0, lt=50)
    percentile_high: float = Field(default=99.8, gt=50, le=100)


class PixelsNetwork(EncoderSettings):
    """Network of the recipe `pixels`.

    decoder_filters : numbers of filters of the four decoder blocks, from the deepest to the finest.
    """

    decoder_filters: tuple[Filters, Filters, Filters, Filters] = (512, 256, 128, 64)


class PixelsTraining(Frozen):
    """Length and optimization of a training.

    epochs : number of passes over the training images.
    batch_size : images in a step; None takes 1 for up to 64 training images, else 16.
    learning_rate : of Adam.
    seed : of the random numbers: initial weights, order of the images and flips.
    """

    epochs: int = Field(default=40, ge=1, le=10_000)
    batch_size: int | None = Field(default=None, ge=1, le=256)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    seed: int = Field(default=0, ge=0, lt=2**31)

    def batch_size_for(self, images: int) -> int:
        """Batch size for a number of training images."""
        if self.batch_size is not None:
            return self.batch_size
        return 1 if images <= FEW_IMAGES else 16


class PixelsSettings(RecipeSettings):
    """Settings of a training by the recipe `pixels`."""

    name: Literal["pixels"] = "pixels"
    start: None = None
    preprocessing: PixelsPreprocessing = PixelsPreprocessing()
    network: PixelsNetwork = PixelsNetwork()
    training: PixelsTraining = PixelsTraining()

    @property
    def encoder_settings(self) -> PixelsNetwork:
        """Settings of the network, which include the encoder."""
        return self.network

    @property
    def encoder_size(self) -> int:
        """Image size of the ImageNet weights of the encoder, pixels."""
        return self.preprocessing.image_size

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return self.training.epochs

    def with_encoder_weights(self, weights: str) -> "PixelsSettings":
        """The same settings with other encoder weights."""
        network = self.network.model_copy(update={"encoder_weights": weights})
        return self.model_copy(update={"network": network})
