"""Facts of a model, stored beside its weights in `model.json`."""

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
    """The epoch with the best test IoU, which is a choice on the test images.

    epoch : from 1.
    iou : of the foreground, 0 to 1.
    """

    epoch: int
    iou: float


class ModelFacts(Frozen):
    """The content of `model.json`.

    recipe : settings of the training.
    training_facts : what the training measured and tuned; older files call it `cells`.
    start : the model that was fine-tuned, or None.
    train, test : names of the pairs.
    train_hashes : `PairFacts.image_sha256` of the training images.
    ended : `finished`, or `stopped` where the user ended the training before its last epoch.
    seconds : duration of the training.
    scores : of the test images, from `cellseg.analysis.evaluation.evaluate`; None without any.
    view : planes and channels that were used of each image file, and are for segmentation.
    versions : of packages.
    about : what the author says about the model, Markdown.
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
        """Read the training facts with the class of their recipe, under the old key `cells` too."""
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
        """Whether the model segments instances, not only the foreground."""
        return self.training_facts is not None and self.training_facts.separates_cells

    @property
    def description(self) -> Description:
        """Description of the model by its recipe."""
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


def utc_now() -> datetime:
    """The current time in UTC, without fractions of a second."""
    return datetime.now(UTC).replace(microsecond=0)
