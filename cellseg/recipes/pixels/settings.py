"""The settings of the recipe `pixels`: bounds are checked once, an unknown key is an error."""

from typing import Literal

from pydantic import Field

from cellseg.config import Frozen
from cellseg.recipes.base import RecipeSettings
from cellseg.recipes.encoders import EncoderSettings, Filters

FEW_IMAGES = 64
"""Up to this many training images a step takes one image, else sixteen."""


class PixelsPreprocessing(Frozen):
    """How an image becomes network input; stored in the model, so train and predict agree.

    image_size : side of the square network input, pixels, a multiple of 32.
    percentile_low, percentile_high : the grey values, in percent, that become 0 and 255 in an
        image of more than 8 bits; each channel by itself.
    """

    image_size: int = Field(default=128, ge=32, le=1024, multiple_of=32)
    percentile_low: float = Field(default=1.0, ge=0, lt=50)
    percentile_high: float = Field(default=99.8, gt=50, le=100)


class PixelsNetwork(EncoderSettings):
    """The U-Net: a pre-trained encoder and a pix2pix decoder.

    decoder_filters : filters of the four upsample blocks, from the deepest to the finest.
    """

    decoder_filters: tuple[Filters, Filters, Filters, Filters] = (512, 256, 128, 64)


class PixelsTraining(Frozen):
    """How long and how fast to learn.

    epochs : passes over the training images.
    batch_size : images a step; None chooses by the number of images.
    learning_rate : step size of Adam.
    seed : of the initial decoder weights, the order of the images and the flips.
    """

    epochs: int = Field(default=40, ge=1, le=10_000)
    batch_size: int | None = Field(default=None, ge=1, le=256)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    seed: int = Field(default=0, ge=0, lt=2**31)

    def batch_size_for(self, images: int) -> int:
        """Images a step for a training set of this many images."""
        if self.batch_size is not None:
            return self.batch_size
        return 1 if images <= FEW_IMAGES else 16


class PixelsSettings(RecipeSettings):
    """Everything that decides a training by the original recipe, apart from the data."""

    name: Literal["pixels"] = "pixels"
    start: None = None
    preprocessing: PixelsPreprocessing = PixelsPreprocessing()
    network: PixelsNetwork = PixelsNetwork()
    training: PixelsTraining = PixelsTraining()

    @property
    def encoder_settings(self) -> PixelsNetwork:
        """Its encoder, with the decoder behind it."""
        return self.network

    @property
    def encoder_size(self) -> int:
        """Side of the images that the encoder's ImageNet weights were published for, pixels."""
        return self.preprocessing.image_size

    @property
    def epochs(self) -> int:
        """Epochs that were asked for."""
        return self.training.epochs

    def with_encoder_weights(self, weights: str) -> "PixelsSettings":
        """The same, its encoder started from other weights."""
        network = self.network.model_copy(update={"encoder_weights": weights})
        return self.model_copy(update={"network": network})
