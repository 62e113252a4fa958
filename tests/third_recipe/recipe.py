"""The recipe `brightness` in words; nothing here trains."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from cellseg.config import Frozen
from cellseg.recipes.base import (
    Description,
    FinishedTraining,
    PastTraining,
    Recipe,
    RecipeSettings,
    TrainingFacts,
)
from cellseg.recipes.curves import Curve, Panel, Row, SampleTexts, Score
from cellseg.recipes.form import Field as FormField
from cellseg.recipes.form import Number


class BrightnessTraining(Frozen):
    """How many thresholds are tried."""

    steps: int = Field(default=16, ge=2, le=255)


class BrightnessSettings(RecipeSettings):
    """Everything that decides a training."""

    name: Literal["brightness"] = "brightness"
    training: BrightnessTraining = BrightnessTraining()


class BrightnessFacts(TrainingFacts):
    """The threshold that was found, grey value."""

    threshold: float

    @property
    def separates_cells(self) -> bool:
        """Connected components are instances enough here."""
        return True


class BrightnessRecipe(Recipe):
    """The best of a few thresholds."""

    name = "brightness"
    title = "Brightness: what is bright is cell"
    help = "Tries a few thresholds"
    settings = BrightnessSettings
    facts = BrightnessFacts
    engine = "tests.third_recipe.engine:ENGINE"
    panels: ClassVar[tuple[Panel, ...]] = (Panel("IoU", (Curve("IoU", "iou", "training", "IoU"),)),)
    samples = SampleTexts("True mask", "White is cell.")
    fields: ClassVar[tuple[FormField, ...]] = (
        Number("training.steps", "Thresholds", "How many are tried.", 16, primary=True, low=2),
    )

    def describe(self, training: FinishedTraining) -> Description:
        """A trained model in words."""
        threshold = training.facts.threshold
        return Description(
            summary="Takes what is bright for cells.",
            details=(f"Threshold: {threshold:g}",),
            network="a threshold",
            training=f"on {training.images} images",
            instances=f"pixels brighter than {threshold:g} that touch were taken as one cell",
        )

    def estimate(
        self,
        settings: BrightnessSettings,
        train_images: int,
        test_images: int,
        history: Iterable[PastTraining],
    ) -> float:
        """A second."""
        return 1.0

    def scores(
        self,
        settings: BrightnessSettings,
        rows: Sequence[Row],
        tested: bool,
        majority: float | None,
    ) -> list[Score]:
        """The score of the best threshold."""
        best = max(row["iou"] for row in rows)
        return [Score("IoU, training", best, "Overlap divided by union.")]

    def curves_caption(self, tested: bool) -> str:
        """What the curve was measured on."""
        return "The IoU of each threshold on the training images."

    def summary(self, settings: BrightnessSettings, train_images: int) -> str:
        """The settings of a run in a few words."""
        return f"{settings.training.steps} thresholds"


RECIPE = BrightnessRecipe()
