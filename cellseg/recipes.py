"""The recipes that a network can be trained by, and the settings of the recipe `cells`."""

from typing import Annotated, Literal

from pydantic import Field

from cellseg.config import EncoderSettings, Filters, Frozen, Recipe
from cellseg.errors import CellsegError

Target = Literal["instances", "semantic"]
"""Whether cells are told apart, or only cell from background."""


Precision = Literal["float32", "bfloat16"]
"""Of the arithmetic of a training; weights are float32 either way."""


Convolutions = Annotated[int, Field(ge=0, le=8)]
"""One behind the other at one resolution."""


class CellsPreprocessing(Frozen):
    """How an image becomes network input; stored in the model, so train and predict agree.

    percentile_low, percentile_high : the grey values, in percent, that become 0 and 1; each
        channel by itself, whatever its depth.
    fill_dark : whether channels without a picture of their own show that of the others, so that
        nuclei in blue alone are as grey ones; see `scaling.Stretch.filled`.
    """

    percentile_low: float = Field(default=1.0, ge=0, lt=50)
    percentile_high: float = Field(default=99.8, gt=50, le=100)
    fill_dark: bool = True


class CellsNetwork(EncoderSettings):
    """The U-Net of the recipe `cells`.

    decoder_filters : filters of the four upsample blocks, from the deepest to the finest.
    decoder_convolutions : 3x3 convolutions behind each of them: where cells touch is told by fine
        detail, for which the skips alone are too shallow.
    freeze_encoder : whether only the decoder learns.
    thaw_after : share of the training after which a frozen encoder learns too; None never.
    freeze_norms : whether the encoder's batch norms keep what they came with, unless it starts
        random. Squares of unlike images shift the statistics of a batch from step to step, and
        steps that need not learn them take three quarters of the time.
    batch_norm_momentum : of the encoder's statistics where they learn; Keras's 0.999 lags behind.
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

    minutes : of learning; None counts epochs instead.
    epochs : passes of `steps` batches each; None learns for `minutes`.
    steps : batches of an epoch, after which the validation images are scored; where it is minutes
        that end the training, not after each if that took more than a tenth of the time.
    crop : side of the squares that are cut from the images, pixels; None fits them to the cells.
    batch_size : squares a step.
    elastic : share of the squares that are bent like rubber.
    learning_rate : the largest step size of Adam; it rises for 100 steps and falls to a hundredth
        by half a cosine over the whole training.
    validation_fraction : of the training images that choose the best weights and the thresholds.
    patience : scored epochs without a better score after which learning ends; None never.
    precision : of the arithmetic; `auto` takes bfloat16 where the processor multiplies it natively.
    target : None follows the masks: `instances` for label images, else `semantic`.
    seed : of the initial decoder weights, the squares and their changes.
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


CLOSER = 36.0
"""The usual value of `InstanceSettings.closer`, from which tuning begins."""

CLOSER_BELOW = 22.0
"""The usual value of `InstanceSettings.closer_below`: enlarging larger cells finds hardly more."""


class InstanceSettings(Frozen):
    """How the outputs of the recipe `cells` become cells; tuned on validation images.

    foreground : probability above which a pixel may belong to a cell.
    boundary_weight : how much the boundary's probability takes from the distance.
    smoothing : standard deviation of the Gaussian over the distance, pixels.
    prominence : how far the distance must fall between two of its hills for them to be two cells.
    min_area : smallest cell, pixels.
    min_score : least mean foreground probability of a cell.
    closer : diameter, pixels, to which the typical cell of an image is enlarged, at most threefold,
        where it is smaller; 0 never enlarges.
    closer_below : diameter, pixels; where three quarters of the cells are larger the image is
        looked at once, as it is, which is several times faster. It is not the typical cell that
        tells, since small cells that touch are often one at first sight. None enlarges all up to
        `closer`.
    """

    foreground: float = Field(default=0.5, gt=0, lt=1)
    boundary_weight: float = Field(default=0.5, ge=0, le=2)
    smoothing: float = Field(default=1.0, ge=0, le=10)
    prominence: float = Field(default=0.2, gt=0, lt=1)
    min_area: int = Field(default=20, ge=0)
    min_score: float = Field(default=0.8, ge=0, lt=1)
    closer: float = Field(default=0.0, ge=0)
    closer_below: float | None = Field(default=None, gt=0)


class CellsRecipe(Frozen):
    """Everything that decides a training by the recipe `cells`, apart from the data.

    start : id of the model that the training starts from; None starts from the encoder's weights.
    """

    name: Literal["cells"] = "cells"
    preprocessing: CellsPreprocessing = CellsPreprocessing()
    network: CellsNetwork = CellsNetwork()
    training: CellsTraining = CellsTraining()
    start: str | None = None

    @property
    def encoder_size(self) -> int:
        """Side of the images that the encoder's ImageNet weights were published for, pixels."""
        return 224


AnyRecipe = Annotated[Recipe | CellsRecipe, Field(discriminator="name")]
"""Either recipe, told apart by its name."""

RECIPES: dict[str, type[Recipe] | type[CellsRecipe]] = {"seed": Recipe, "cells": CellsRecipe}


def recipe_class(name: str) -> type[Recipe] | type[CellsRecipe]:
    """The settings of a recipe by its name.

    Raises
    ------
    CellsegError
        Where there is none of this name.
    """
    try:
        return RECIPES[name]
    except KeyError:
        known = ", ".join(RECIPES)
        raise CellsegError(f"The recipe {name!r} is unknown; choose one of: {known}.") from None


Range = tuple[float, float]
"""The lowest and the highest value that is usual."""


class Look(Frozen):
    """What the training images of one kind look like, scaled by percentiles to 0 to 1.

    share : of all training images. brightness : mean of an image. contrast : mean of its cells
    less that of its ground.
    """

    share: float = Field(ge=0, le=1)
    brightness: Range
    contrast: Range


class Looks(Frozen):
    """What the training images look like.

    kinds : by the kinds of `cellseg.network.crops`. diameters : of the typical cell of an image,
    pixels.
    """

    kinds: dict[str, Look] = Field(default_factory=dict)
    diameters: Range | None = None


class CellsFacts(Frozen):
    """What a training by the recipe `cells` found out; stored in the model.

    target : whether its cells are told apart. diameter : median over the training cells of the
    diameter of a circle of their area, pixels. instances : how outputs become cells.
    validation_images : the training images that chose weights and thresholds. validation : their
    scores with the weights that were kept. precision, device : of the training. looks : what the
    training images look like; older models do not say. enlarged : factor by which each image is
    enlarged where pixels count, not cells: what is thin is told better. mirrored : whether the
    network looks at each window and at its three mirror images, four times the work, and what it
    says of them is averaged.
    """

    target: Target = "instances"
    diameter: float = Field(default=20.0, gt=0)
    instances: InstanceSettings = InstanceSettings()
    validation_images: tuple[str, ...] = ()
    validation: dict[str, float | None] = Field(default_factory=dict)
    precision: Precision = "float32"
    device: str = "CPU"
    looks: Looks | None = None
    enlarged: float = Field(default=1.0, ge=1)
    mirrored: bool = False
