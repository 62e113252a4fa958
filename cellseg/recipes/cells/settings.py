"""Settings of the recipe `cells`: values are validated, unknown keys are errors."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cellseg.config import Frozen
from cellseg.recipes.base import Precision, RecipeSettings
from cellseg.recipes.encoders import EncoderSettings, Filters

Target = Literal["instances", "semantic"]
"""Segmentation of each cell as an instance, or only of cell from background."""

Convolutions = Annotated[int, Field(ge=0, le=8)]
"""Number of convolutions of a decoder block."""

WARM_UP_STEPS = 100
"""Steps in which the learning rate rises linearly to its largest value."""

FINAL_RATE = 0.01
"""Last learning rate as a fraction of the largest one."""

WEIGHT_DECAY = 1e-4
"""Weight decay of AdamW."""

GRADIENT_NORM = 5.0
"""Global norm to which the gradient of a batch is clipped."""

MOVING_AVERAGE = 0.98
"""Momentum of the exponential moving average of the weights, which is stored in the model."""


class CellsPreprocessing(Frozen):
    """Preprocessing of images; stored in the model, so that training and prediction agree.

    percentile_low, percentile_high : percentiles of each channel that are scaled to 0 and 1, for
        images of any bit depth.
    fill_dark : whether dark channels get the maximum of all channels, so that nuclei in a blue
        channel become grey; see `scaling.ContrastStretch.with_filled_channels`.
    """

    percentile_low: float = Field(default=1.0, ge=0, lt=50)
    percentile_high: float = Field(default=99.8, gt=50, le=100)
    fill_dark: bool = True


class CellsNetwork(EncoderSettings):
    """Network of the recipe `cells`.

    decoder_filters : numbers of filters of the four decoder blocks, from the deepest to the finest.
    decoder_convolutions : numbers of 3x3 convolutions in the decoder blocks; they resolve details
        where cells touch.
    freeze_encoder : whether only the decoder trains.
    thaw_after : fraction of the training after which a frozen encoder is unfrozen; None never.
    freeze_norms : whether the batch norms of the encoder are frozen, unless it is initialized at
        random. Otherwise different images shift the statistics from batch to batch, and a step
        takes a third longer.
    batch_norm_momentum : of the statistics of the encoder if its batch norms train.
    tone : whether the first layer mixes the image with its square root, which shows faint cells.
    """

    decoder_filters: tuple[Filters, Filters, Filters, Filters] = (192, 96, 64, 48)
    decoder_convolutions: tuple[Convolutions, Convolutions, Convolutions, Convolutions] = Field(
        default=(0, 1, 2, 2)
    )
    freeze_encoder: bool = False
    thaw_after: float | None = Field(default=None, gt=0, lt=1)
    freeze_norms: bool = True
    batch_norm_momentum: float = Field(default=0.9, ge=0, lt=1)
    tone: bool = True

    @property
    def encoder_trains(self) -> bool:
        """Whether the encoder trains."""
        return self.randomly_initialized or not self.freeze_encoder

    @property
    def batch_norms_train(self) -> bool:
        """Whether the batch norms of the encoder train."""
        return self.randomly_initialized or not (self.freeze_encoder or self.freeze_norms)


class CellsTraining(Frozen):
    """Length and optimization of a training.

    minutes : length of the training; None trains for `epochs`.
    epochs : number of epochs of `steps` steps; None trains for `minutes`.
    steps : steps of an epoch, after which the validation images are scored. A training by minutes
        skips validations so that they take at most a tenth of the time.
    crop : side of the patches that are cut from the images, pixels; None fits it to the cells.
    batch_size : patches in a step.
    elastic : fraction of the patches with elastic deformation.
    learning_rate : largest learning rate of AdamW, after a linear warm-up of 100 steps; a
        half-cosine decays it to a hundredth.
    validation_fraction : fraction of the training images that choose the best weights and tune the
        thresholds.
    patience : number of validations without improvement after which the training stops; None
        never.
    precision : of the arithmetic; `auto` is bfloat16 if the processor multiplies it natively.
    target : None is `instances` for label images, else `semantic`.
    seed : of the random numbers: initial weights, patches and augmentation.
    """

    minutes: float | None = Field(default=10.0, gt=0, le=10_000)
    epochs: int | None = Field(default=None, ge=1, le=10_000)
    steps: int = Field(default=100, ge=1, le=10_000)
    crop: int | None = Field(default=None, ge=64, le=1024, multiple_of=32)
    batch_size: int = Field(default=8, ge=1, le=256)
    elastic: float = Field(default=0.0, ge=0, le=1)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    validation_fraction: float = Field(default=0.15, ge=0, lt=1)
    patience: int | None = Field(default=None, ge=1)
    precision: Literal["auto"] | Precision = "auto"
    target: Target | None = None
    seed: int = Field(default=0, ge=0, lt=2**31)

    @model_validator(mode="after")
    def _ends(self) -> "CellsTraining":
        if self.minutes is None and self.epochs is None:
            raise ValueError("give minutes or epochs, or the training would never end")
        return self


class CellsSettings(RecipeSettings):
    """Settings of a training by the recipe `cells`."""

    name: Literal["cells"] = "cells"
    preprocessing: CellsPreprocessing = CellsPreprocessing()
    network: CellsNetwork = CellsNetwork()
    training: CellsTraining = CellsTraining()

    @property
    def encoder_settings(self) -> CellsNetwork:
        """Settings of the network, which include the encoder."""
        return self.network

    @property
    def epochs(self) -> int | None:
        """Number of epochs; None where the length is given in minutes."""
        return self.training.epochs

    def with_encoder_weights(self, weights: str) -> "CellsSettings":
        """The same settings with other encoder weights."""
        network = self.network.model_copy(update={"encoder_weights": weights})
        return self.model_copy(update={"network": network})
