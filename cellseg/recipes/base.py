"""What every recipe has in common; each recipe is a folder beside this module."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Literal, NamedTuple

from cellseg.config import Frozen, checked
from cellseg.errors import CellsegError
from cellseg.recipes.curves import (
    Panel,
    Row,
    Samples,
    Score,
)
from cellseg.recipes.encoders import EncoderSettings
from cellseg.recipes.form import (
    Context,
    Field,
    Values,
    nested,
)

Precision = Literal["float32", "bfloat16"]
"""Of the arithmetic; weights are stored in float32 either way."""

STARTUP_SECONDS = 15.0
"""Loading TensorFlow and tracing the first step, on two CPU cores."""


class RecipeSettings(Frozen):
    """Everything that decides a training, apart from the data; each recipe extends it.

    name : of the recipe. start : id of the model that a fine-tuning starts from; None starts from
    the encoder's weights.
    """

    name: str = ""
    start: str | None = None

    @property
    def encoder_settings(self) -> EncoderSettings | None:
        """Its encoder; None where the network has none whose weights are published."""
        return None

    @property
    def encoder_size(self) -> int:
        """Side of the images that the encoder's ImageNet weights were published for, pixels."""
        return 224

    @property
    def epochs(self) -> int | None:
        """Epochs that were asked for; None where minutes were."""
        return None

    def with_encoder_weights(self, weights: str) -> "RecipeSettings":
        """The same, its encoder started from other weights."""
        raise CellsegError(f"The recipe {self.name} has no encoder whose weights can be chosen.")


class TrainingFacts(Frozen):
    """What a training found out and stores in its model; recipes extend it."""

    @property
    def separates_cells(self) -> bool:
        """Whether the model finds each cell as an instance, not only which pixels are cell."""
        return False

    @property
    def typical_diameter(self) -> float | None:
        """Of the training cells, pixels; None where the model has no use for a diameter."""
        return None


class Start(Frozen):
    """The model that a fine-tuning started from.

    sha256 : of its weights file; None where it is not known.
    """

    id: str
    name: str
    sha256: str | None = None


@dataclass(frozen=True)
class Training:
    """A training that has ended, as far as its description needs it.

    images, epochs : how many trained, and ended. encoder_sha256 : of the pre-trained encoder.
    start : the model that was fine-tuned.
    """

    settings: Any
    facts: Any
    images: int
    epochs: int
    encoder_sha256: str | None
    start: Start | None


class PastTraining(NamedTuple):
    """An earlier training, from whose pace the next one is estimated."""

    settings: RecipeSettings
    rows: Sequence[Row]
    train_images: int
    test_images: int


class Description(NamedTuple):
    """A model in words, for its card and for the methods of a paper.

    summary : what it does and what not. details : facts, each a line without a full stop.
    network, training : sentences of a methods paragraph. instances : how its outputs become
    instances, a clause in the past tense.
    """

    summary: str
    details: tuple[str, ...]
    network: str
    training: str
    instances: str


class Recipe(ABC):
    """A way to train a network and to predict with it.

    name : in settings, on the command line and in files. title, help : on the page Train.
    settings, facts : classes of what is stored. engine : `module:ATTRIBUTE` of what trains and
    loads, see `cellseg.training.engine`; it is imported where it runs, with TensorFlow.
    panels : the curves that a page plots. fields : of the form on the page Train.
    fine_tunes : whether a training can start from a model of this recipe.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    settings: ClassVar[type[RecipeSettings]]
    facts: ClassVar[type[TrainingFacts] | None] = None
    engine: ClassVar[str]
    panels: ClassVar[tuple[Panel, ...]]
    samples: ClassVar[Samples]
    fields: ClassVar[tuple[Field, ...]] = ()
    fine_tunes: ClassVar[bool] = False

    @abstractmethod
    def describe(self, training: Training) -> Description:
        """A trained model in words."""

    @abstractmethod
    def estimate(
        self,
        settings: Any,
        train_images: int,
        test_images: int,
        history: Iterable[PastTraining],
    ) -> float:
        """Seconds that a training will take, from the pace of the newest one like it."""

    @abstractmethod
    def scores(
        self, settings: Any, rows: Sequence[Row], tested: bool, majority: float | None
    ) -> list[Score]:
        """The scores of a training that has ended, for the head of its page.

        Parameters
        ----------
        rows : one for each epoch. tested : whether there are test images.
        majority : pixel accuracy of calling every pixel the commoner class.
        """

    @abstractmethod
    def curves_caption(self, tested: bool) -> str:
        """What the curves were measured on, in a sentence or two."""

    @abstractmethod
    def summary(self, settings: Any, train_images: int) -> str:
        """The settings of a run in a few words."""

    def samples_part(self, tested: bool) -> str:
        """The part of the data that sample pictures are of, as an adjective; or empty."""
        return "test" if tested else "training"

    def suitability(self, kind: str, sample: bool) -> int:
        """How well it suits a dataset; the recipe that suits best is chosen at first.

        Parameters
        ----------
        kind : of the masks, `labels` or `binary`. sample : whether it is the sample dataset.
        """
        return 0

    def from_form(self, values: Values, context: Context) -> RecipeSettings:
        """The settings that were chosen in the form, by the paths of the fields.

        Raises
        ------
        CellsegError
            Where a value does not fit.
        """
        return self.settings_of(nested(values))

    def settings_of(self, groups: dict[str, Any]) -> RecipeSettings:
        """Settings from groups of values, with one sentence for the first that does not fit.

        Raises
        ------
        CellsegError
            Names the setting, the value found and what is needed.
        """
        return checked(self.settings, **{**groups, "name": self.name})

    def has_setting(self, group: str, name: str) -> bool:
        """Whether the settings have this one."""
        found = self.settings.model_fields.get(group)
        inner = getattr(found.annotation, "model_fields", {}) if found else {}
        return name in inner

    def fine_tuned(self, settings: Any, start: Any, start_id: str) -> RecipeSettings:
        """The settings with the network of a model to start from.

        Parameters
        ----------
        start : settings that the model was trained with. start_id : of the model.

        Raises
        ------
        CellsegError
            Where this recipe cannot start from a model.
        """
        raise CellsegError(
            f"The recipe {self.name} cannot start from a model; choose another recipe, or train "
            "without one."
        )

    def load_engine(self) -> Any:
        """What trains and loads; the import takes seconds."""
        module, _, attribute = self.engine.partition(":")
        return getattr(import_module(module), attribute)
