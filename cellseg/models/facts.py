"""Everything that is known of a model, as it is stored beside its weights."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field, SerializeAsAny, model_validator

from cellseg.config import Frozen, Moment
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.recipes.base import Description, FinishedTraining, Start, TrainingFacts
from cellseg.recipes.registry import AnySettings, facts_of, recipe_of


class BestOnTest(Frozen):
    """The epoch whose weights scored best on the test split: a choice made on the test data."""

    epoch: int
    iou: float


class ModelFacts(Frozen):
    """Everything that is known of a model.

    recipe : the settings it was trained with. training_facts : what the training found out; files
    of older versions call it `cells`. start : the model that was fine-tuned.
    scores : what `cellseg.analysis.evaluation.evaluate` gave for the test images; None where all
        images trained.
    ended : `finished`, or `stopped` where the user ended the training before its last epoch.
    view : what was taken of each image file; the same is taken of those that it segments.
    about : what its maker says of it, Markdown.
    """

    format: Literal[1] = 1
    name: str
    created: Moment
    recipe: AnySettings
    training_facts: SerializeAsAny[TrainingFacts] | None = None
    start: Start | None = None
    dataset_name: str
    dataset_fingerprint: str
    test_dataset_name: str | None = None
    train: tuple[str, ...]
    test: tuple[str, ...]
    train_hashes: tuple[str, ...] = ()
    epochs_done: int = Field(ge=0, le=10**7)
    ended: Literal["finished", "stopped"]
    seconds: float = Field(ge=0, le=10**9)
    scores: dict[str, Any] | None
    best_on_test: BestOnTest | None = None
    encoder_sha256: str | None
    run_id: str
    view: View = View()
    versions: dict[str, str]
    about: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_its_recipe(cls, stored: Any) -> Any:
        """Read what the training found out as its recipe does, under its old name too."""
        if not isinstance(stored, Mapping):
            return stored
        values = dict(stored)
        found = values.pop("cells", None)
        found = values.get("training_facts") or found
        recipe = values.get("recipe")
        name = recipe.get("name") if isinstance(recipe, Mapping) else getattr(recipe, "name", None)
        try:
            values["training_facts"] = facts_of(str(name), found)
        except CellsegError as error:
            raise ValueError(str(error)) from None
        return values

    @property
    def separates_cells(self) -> bool:
        """Whether it finds each cell as an instance, not only which pixels are cell."""
        return self.training_facts is not None and self.training_facts.separates_cells

    @property
    def description(self) -> Description:
        """The model in the words of its recipe."""
        training = FinishedTraining(
            self.recipe,
            self.training_facts,
            len(self.train),
            self.epochs_done,
            self.encoder_sha256,
            self.start or self._start_of_older_files,
        )
        return recipe_of(self.recipe).describe(training)

    @property
    def _start_of_older_files(self) -> Start | None:
        start = self.recipe.start
        return Start(id=start, name=start) if start else None


def now() -> datetime:
    """The time to the second, with its zone."""
    return datetime.now(UTC).replace(microsecond=0)
