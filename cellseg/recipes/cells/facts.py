"""What a training by the recipe `cells` found out; stored in the model.

Older files use other keys; they are read, and new ones are written.
"""

from typing import Annotated

from pydantic import AliasChoices, Field

from cellseg.config import Frozen
from cellseg.recipes.base import Precision, TrainingFacts
from cellseg.recipes.cells.settings import Target

SECOND_PASS = 36.0
"""The usual value of `InstanceSettings.second_pass`, from which tuning begins."""

SECOND_PASS_BELOW = 22.0
"""The usual value of `InstanceSettings.second_pass_below`: larger cells gain hardly anything."""

Bounded = Annotated[float, Field(ge=-1e6, le=1e6)]
Range = tuple[Bounded, Bounded]
"""The lowest and the highest value that is usual."""


class InstanceSettings(Frozen):
    """How the outputs of the network become instances; tuned on validation images.

    foreground : probability above which a pixel may belong to a cell.
    boundary_weight : how much the boundary probability lowers the distance map.
    smoothing : standard deviation of the Gaussian over the distance map, pixels.
    prominence : h of the h-maxima: how far the distance must fall between two cells.
    min_area : smallest cell, pixels.
    min_score : least mean foreground probability of a cell.
    second_pass : diameter, pixels, to which the typical cell of an image is enlarged, at most
        threefold, for a second pass of the network; 0 makes none.
    second_pass_below : diameter, pixels; where three quarters of the cells are larger, there is no
        second pass, which saves most of the time. The median would not do, since the first pass
        often merges small cells that touch. None makes a second pass up to `second_pass`.
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

    share : of all training images. brightness : mean of an image. contrast : mean of its cells
    minus the mean of its background.
    """

    share: float = Field(ge=0, le=1)
    brightness: Range
    contrast: Range


class ImageStatistics(Frozen):
    """Statistics of the training images, by which images out of distribution are recognised.

    kinds : by the kinds of `cellseg.methods.cells.patches`. diameters : of the typical cell of an
    image, pixels.
    """

    kinds: dict[str, KindStatistics] = Field(default_factory=dict)
    diameters: Range | None = None


class CellsFacts(TrainingFacts):
    """What a training by the recipe `cells` found out.

    target : instances, or cell and background. diameter : median over the training cells of the
    diameter of a circle of their area, pixels. instances : how outputs become instances.
    validation_images : the training images that chose weights and thresholds. validation : their
    scores with the weights that were kept. precision, device : of the training.
    image_statistics : of the training images; older models have none. scale : factor by which a
    semantic model enlarges each image, which shows thin structures better. flips : whether
    test-time augmentation averages the probability maps of an image and its three flips.
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
        """Whether the model finds each cell as an instance."""
        return self.target == "instances"

    @property
    def typical_diameter(self) -> float:
        """Of the training cells, pixels."""
        return self.diameter
