"""The settings of the recipe `cells`: bounds are checked once, an unknown key is an error."""

from typing import Annotated, Literal

from pydantic import Field

from cellseg.config import Frozen
from cellseg.recipes.base import Precision, RecipeSettings
from cellseg.recipes.encoders import EncoderSettings, Filters

Target = Literal["instances", "semantic"]
"""Each cell as an instance, or only cell from background."""

Convolutions = Annotated[int, Field(ge=0, le=8)]
"""One behind the other at one resolution."""

WARM_UP_STEPS = 100
"""Steps in which the learning rate rises linearly to its height."""

FINAL_RATE = 0.01
"""The last learning rate as a share of the highest."""

WEIGHT_DECAY = 1e-4
"""Of AdamW."""

GRADIENT_NORM = 5.0
"""Global norm to which the gradient of a batch is clipped."""

MOVING_AVERAGE = 0.98
"""Momentum of the average of the weights, which is what is kept."""


class CellsPreprocessing(Frozen):
    """How an image becomes network input; stored in the model, so train and predict agree.

    percentile_low, percentile_high : the grey values, in percent, that become 0 and 1; each
        channel by itself, whatever its depth.
    fill_dark : whether empty channels are filled with the mean of the others, so that nuclei in
        blue alone become grey ones; see `scaling.Stretch.filled`.
    """

    percentile_low: float = Field(default=1.0, ge=0, lt=50)
    percentile_high: float = Field(default=99.8, gt=50, le=100)
    fill_dark: bool = True


class CellsNetwork(EncoderSettings):
    """The U-Net of the recipe `cells`.

    decoder_filters : filters of the four upsample blocks, from the deepest to the finest.
    decoder_convolutions : 3x3 convolutions behind each of them: fine detail shows where cells
        touch, and the skips alone are too shallow for it.
    freeze_encoder : whether only the decoder trains.
    thaw_after : share of the training after which a frozen encoder is unfrozen; None never.
    freeze_norms : whether the batch norms of the encoder are frozen, unless it starts at random.
        Patches of unlike images shift the statistics of a batch from step to step, and frozen
        ones shorten a step by a quarter.
    batch_norm_momentum : of the encoder's statistics where they train; Keras's 0.999 is too slow.
    tone : whether the network mixes its input of the image and its square root.
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
        """Whether the encoder learns too."""
        return self.starts_random or not self.freeze_encoder

    @property
    def norms_train(self) -> bool:
        """Whether the encoder's batch norms learn too."""
        return self.starts_random or not (self.freeze_encoder or self.freeze_norms)


class CellsTraining(Frozen):
    """How long and how fast to learn.

    minutes : of training; None counts epochs instead.
    epochs : passes of `steps` batches each; None trains for `minutes`.
    steps : batches of an epoch, after which the validation images are scored; a training by
        minutes skips scorings that would take more than a tenth of the time.
    crop : side of the patches that are cut from the images, pixels; None fits them to the cells.
    batch_size : patches a step.
    elastic : share of the patches with elastic deformation.
    learning_rate : the largest step size of AdamW; it rises linearly for 100 steps and falls to a
        hundredth by half a cosine over the whole training.
    validation_fraction : of the training images that choose the best weights and the thresholds.
    patience : scored epochs without a better score after which the training ends; None never.
    precision : of the arithmetic; `auto` takes bfloat16 where the processor multiplies it natively.
    target : None follows the masks: `instances` for label images, else `semantic`.
    seed : of the initial decoder weights, the patches and their augmentation.
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


class CellsSettings(RecipeSettings):
    """Everything that decides a training by the recipe `cells`, apart from the data."""

    name: Literal["cells"] = "cells"
    preprocessing: CellsPreprocessing = CellsPreprocessing()
    network: CellsNetwork = CellsNetwork()
    training: CellsTraining = CellsTraining()

    @property
    def encoder_settings(self) -> CellsNetwork:
        """Its encoder, with the decoder behind it."""
        return self.network

    @property
    def epochs(self) -> int | None:
        """Epochs that were asked for; None where minutes were."""
        return self.training.epochs

    def with_encoder_weights(self, weights: str) -> "CellsSettings":
        """The same, its encoder started from other weights."""
        network = self.network.model_copy(update={"encoder_weights": weights})
        return self.model_copy(update={"network": network})
