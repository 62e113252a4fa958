"""Frozen settings of a training run: bounds are checked once, an unknown key is an error."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cellseg.errors import CellsegError

FEW_IMAGES = 64
"""Up to this many training images the recipe `seed` takes one image a step, else sixteen."""

ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
"""The encoder widths that have ImageNet weights."""

Filters = Annotated[int, Field(ge=4, le=2048)]


class Frozen(BaseModel):
    """Base of all settings: immutable, strict about unknown keys, JSON in and out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Preprocessing(Frozen):
    """How an image becomes network input; stored in the model, so train and predict agree.

    image_size : side of the square network input, pixels, a multiple of 32.
    percentile_low, percentile_high : the grey values, in percent, that become 0 and 255 in an
        image of more than 8 bits; each channel by itself.
    """

    image_size: int = Field(default=128, ge=32, le=1024, multiple_of=32)
    percentile_low: float = Field(default=1.0, ge=0, lt=50)
    percentile_high: float = Field(default=99.8, gt=50, le=100)


class EncoderSettings(Frozen):
    """The encoder, MobileNetV2.

    encoder_weights : `imagenet`, `none` or the path of a Keras weights file.
    alpha : width multiplier of the encoder (Sandler et al. 2018, arXiv:1801.04381).
    """

    encoder_weights: str = Field(default="imagenet", min_length=1)
    alpha: float = 1.0

    @property
    def encoder_trains(self) -> bool:
        """Whether the encoder learns too: only where it starts without pre-training."""
        return self.starts_random

    @property
    def starts_random(self) -> bool:
        """Whether the encoder starts without pre-training."""
        return self.encoder_weights == "none"

    @field_validator("alpha")
    @classmethod
    def _published(cls, alpha: float) -> float:
        if alpha not in ALPHAS:
            raise ValueError(f"choose one of {', '.join(f'{known:g}' for known in ALPHAS)}")
        return alpha


class NetworkSettings(EncoderSettings):
    """The U-Net of the recipe `seed`: MobileNetV2 encoder, pix2pix decoder.

    decoder_filters : filters of the four upsample blocks, from the deepest to the finest.
    """

    decoder_filters: tuple[Filters, Filters, Filters, Filters] = (512, 256, 128, 64)


class TrainingSettings(Frozen):
    """How long and how fast to learn.

    epochs : passes over the training images.
    batch_size : images a step; None lets the recipe choose by the number of images.
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


class Recipe(Frozen):
    """Everything that decides a training by the original recipe, apart from the data."""

    name: Literal["seed"] = "seed"
    preprocessing: Preprocessing = Preprocessing()
    network: NetworkSettings = NetworkSettings()
    training: TrainingSettings = TrainingSettings()

    @property
    def encoder_size(self) -> int:
        """Side of the images that the encoder's ImageNet weights were published for, pixels."""
        return self.preprocessing.image_size


class PredictionOptions(Frozen):
    """What may be said of an image when its cells are looked for.

    diameter : typical diameter of its cells, pixels; None takes them to be as large as those the
        model learned from.
    tile : side of the tiles that a large image is cut into, pixels; None lets the model choose.
    """

    diameter: float | None = Field(default=None, gt=0, le=10_000)
    tile: int | None = Field(default=None, ge=64, le=8192)


Settings = TypeVar("Settings", bound=Frozen)


def checked(kind: type[Settings], **values: object) -> Settings:
    """Settings from loose values, with one sentence for the first value that does not fit.

    Raises
    ------
    CellsegError
        Names the setting, the value found and what is needed.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or kind.__name__
        reason = first["msg"].removeprefix("Value error, ")
        found = first["input"]
        raise CellsegError(f"The setting {where} cannot be {found!r}: {reason}.") from None
