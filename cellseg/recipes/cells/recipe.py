"""Recipe `cells`: form, curves, scores, description and estimate."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from cellseg.errors import CellsegError
from cellseg.recipes.base import (
    STARTUP_SECONDS,
    Description,
    FinishedTraining,
    PastTraining,
    Recipe,
    RecipeSettings,
)
from cellseg.recipes.cells import description
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.recipes.cells.form import FIELDS
from cellseg.recipes.cells.settings import CellsSettings, CellsTraining
from cellseg.recipes.curves import Curve, Panel, Row, SampleTexts, Score
from cellseg.recipes.form import FormContext, Values, nested
from cellseg.recipes.wording import DICE, IOU

SECONDS_PER_PATCH = 0.15
"""Training time of a patch of 256 x 256 pixels on two CPU cores, a first guess."""


class CellsRecipe(Recipe):
    """Segments each cell as an instance, at full resolution, in images of any size."""

    name = "cells"
    title = "Cells: instance segmentation"
    help = "Finds each cell at full resolution, also where cells touch"
    settings = CellsSettings
    facts = CellsFacts
    engine = "cellseg.methods.cells.engine:ENGINE"
    panels: ClassVar[tuple[Panel, ...]] = (
        Panel("Loss", (Curve("Loss", "loss", "training", "loss"),), bounded=False),
        Panel(
            "AP, count error, IoU and Dice",
            (
                Curve("AP", "val_ap", "validation", "validation AP"),
                Curve("Count error", "val_count_error", "validation", "count error"),
                Curve("IoU", "val_iou", "validation", "validation IoU"),
                Curve("Dice", "val_dice", "validation", "Dice"),
            ),
        ),
    )
    samples = SampleTexts(
        "Ground truth", "Each outline is a predicted cell; colours only tell neighbours apart."
    )
    fields = FIELDS
    fine_tunes = True

    def suitability(self, kind: str, sample: bool) -> int:
        """It suits label images, in which each cell has a number of its own."""
        return 2 if kind == "labels" and not sample else 1

    def from_form(self, values: Values, context: FormContext) -> RecipeSettings:
        """Settings from the form; a number of epochs replaces the minutes."""
        chosen = dict(values)
        chosen.pop("start", None)
        if chosen.get("training.epochs"):
            chosen["training.minutes"] = None
        if not chosen.get("network.freeze_encoder"):
            chosen["network.thaw_after"] = None
        return self.settings_of(nested(chosen))

    def settings_of(self, groups: dict[str, Any]) -> RecipeSettings:
        """Settings from groups of values; epochs without minutes disable the minutes."""
        training = groups.get("training")
        if isinstance(training, dict) and training.get("epochs") and "minutes" not in training:
            groups = {**groups, "training": {**training, "minutes": None}}
        return super().settings_of(groups)

    def fine_tuned(
        self, settings: CellsSettings, start: RecipeSettings, start_id: str
    ) -> CellsSettings:
        """Settings of a fine-tuning, with the network and the preprocessing of the model."""
        if not isinstance(start, CellsSettings):
            raise CellsegError(
                f"The model {start_id} was trained by the recipe {start.name}; the recipe cells "
                "can only fine-tune models of its own."
            )
        trained_as_set = {"freeze_encoder", "thaw_after", "freeze_norms", "batch_norm_momentum"}
        network = start.network.model_copy(
            update=settings.network.model_dump(include=trained_as_set)
        )
        return settings.model_copy(
            update={"network": network, "preprocessing": start.preprocessing, "start": start_id}
        )

    def describe(self, training: FinishedTraining) -> Description:
        """Describe a trained model."""
        return description.describe(training)

    def estimate(
        self,
        settings: CellsSettings,
        train_images: int,
        test_images: int,
        history: Iterable[PastTraining],
    ) -> float:
        """Estimate the duration, seconds, from its minutes or from the latest similar training."""
        training = settings.training
        if training.epochs is None and training.minutes is not None:
            return STARTUP_SECONDS + 60.0 * training.minutes
        patches = (training.epochs or 0) * training.steps * training.batch_size
        seconds_per_area = SECONDS_PER_PATCH
        for past in history:
            if not isinstance(past.settings, CellsSettings):
                continue
            if past.settings.network != settings.network:
                continue
            if seconds := [row["seconds"] for row in past.rows[1:]]:
                past_training = past.settings.training
                area = past_training.steps * past_training.batch_size * _area(past_training)
                seconds_per_area = statistics.median(seconds) / area
                break
        return STARTUP_SECONDS + seconds_per_area * patches * _area(training)

    def scores(
        self, settings: CellsSettings, rows: Sequence[Row], tested: bool, majority: float | None
    ) -> list[Score]:
        """Scores of the epoch with the best weights, by AP, else by IoU."""
        chosen = "val_ap" if any(row.get("val_ap") for row in rows) else "val_iou"
        best = max(rows, key=lambda row: row.get(chosen) or 0.0)
        shown = (
            (
                "AP",
                "val_ap",
                "True positives / (true positives + false negatives + false "
                "positives), cells matched at an IoU of 0.5.",
            ),
            (
                "Count error",
                "val_count_error",
                "|predicted - true| / true cells, median of the images.",
            ),
            ("IoU", "val_iou", IOU),
            ("Dice", "val_dice", DICE),
        )
        return [
            Score(f"{title}, validation", best.get(key), meaning) for title, key, meaning in shown
        ]

    def curves_caption(self, tested: bool) -> str:
        """Caption of the curves."""
        return (
            "Scores are measured on validation images. These are a part of the training images; "
            "they are used to select the best weights. The test images are scored once, at the end."
        )

    def samples_part(self, tested: bool) -> str:
        """Empty: the pictures show validation images, or training images if there are none."""
        return ""

    def summary(self, settings: CellsSettings, train_images: int) -> str:
        """Summary of settings in a few words."""
        return description.summary(settings)


def _area(training: CellsTraining) -> float:
    """Area of a patch relative to 256 x 256 pixels; patches of automatic size are mostly small."""
    return ((training.crop or 128) / 256) ** 2


RECIPE = CellsRecipe()
