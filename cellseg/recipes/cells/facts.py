"""Training facts of the recipe `cells`, which are stored in the model.

Files of older versions have other keys, which are read as aliases.
"""

from typing import Annotated

from pydantic import AliasChoices, Field

from cellseg.config import Frozen
from cellseg.recipes.base import Precision, TrainingFacts
from cellseg.recipes.cells.settings import Target

SECOND_PASS = 36.0
"""Value of `InstanceSettings.second_pass` before tuning, pixels."""

SECOND_PASS_BELOW = 22.0
"""Value of `InstanceSettings.second_pass_below` before tuning, pixels."""

Bounded = Annotated[float, Field(ge=-1e6, le=1e6)]
Range = tuple[Bounded, Bounded]
"""Lowest and highest usual value."""


class InstanceSettings(Frozen):
    """Settings by which outputs of the network become instances; tuned on validation images.

    foreground : foreground probability above which a pixel belongs to a cell.
    boundary_weight : factor of the boundary probability, which is subtracted from the distance map.
    smoothing : standard deviation of the Gaussian that smooths the distance map, pixels.
    prominence : h of the h-maxima: least depth of the saddle between two cells.
    min_area : area of the smallest cell, pixels.
    min_score : least mean foreground probability of a cell.
    second_pass : diameter, pixels, to which typical cells that are smaller are enlarged, at most
        threefold, for a second pass of the network; 0 disables it.
    second_pass_below : diameter, pixels; an image of which three quarters of the cells are larger
        has no second pass, since they would gain little. None does not restrict it.
    """

    foreground: float = Field(default=0.5, gt=0, lt=1)
    boundary_weight: float = Field(default=0.5, ge=0, le=2)
    smoothing: float = Field(default=1.0, ge=0, le=10)
    prominence: float = Field(default=0.2, gt=0, lt=1)
    min_area: int = Field(default=20, ge=0, le=10**8)
    min_score: float = Field(default=0.8, ge=0, lt=1)
    second_pass: float = Field(
        default=0.0, ge=0, le=1000, validation_alias=AliasChoices("second_pass", "closer")
    )
    second_pass_below: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        validation_alias=AliasChoices("second_pass_below", "closer_below"),
    )


class KindStatistics(Frozen):
    """Statistics of the training images of one kind, scaled by percentiles to 0 to 1.

    share : fraction of the training images. brightness : mean of an image. contrast : mean of its
    cells minus the mean of its background.
    """

    share: float = Field(ge=0, le=1)
    brightness: Range
    contrast: Range


class ImageStatistics(Frozen):
    """Statistics of the training images, by which images out of distribution are recognized.

    kinds : by the kinds of `cellseg.methods.cells.image_statistics`. diameters : of the typical
    cells of the images, pixels.
    """

    kinds: dict[str, KindStatistics] = Field(default_factory=dict)
    diameters: Range | None = None


class CellsFacts(TrainingFacts):
    """Facts that a training by the recipe `cells` stores in its model.

    target : instances, or cell and background. diameter : of a circle with the median area of the
    training cells, pixels. instances : settings of the instances. validation_images : training
    images that chose the weights and tuned the thresholds. validation : their scores. precision,
    device : of the training. image_statistics : of the training images; older models have none.
    scale : factor by which a semantic model enlarges each image to resolve thin structures.
    flips : whether test-time augmentation averages the outputs of an image and its three flips.
    """

    target: Target = "instances"
    diameter: float = Field(default=20.0, gt=0, le=10_000)
    instances: InstanceSettings = InstanceSettings()
    validation_images: tuple[str, ...] = ()
    validation: dict[str, float | None] = Field(default_factory=dict)
    precision: Precision = "float32"
    device: str = "CPU"
    image_statistics: ImageStatistics | None = Field(
        default=None, validation_alias=AliasChoices("image_statistics", "looks")
    )
    scale: float = Field(
        default=1.0, ge=1, le=4, validation_alias=AliasChoices("scale", "enlarged")
    )
    flips: bool = Field(default=False, validation_alias=AliasChoices("flips", "mirrored"))

    @property
    def separates_cells(self) -> bool:
        """Whether the model segments instances."""
        return self.target == "instances"

    @property
    def typical_diameter(self) -> float:
        """Typical diameter of the training cells, pixels."""
        return self.diameter
