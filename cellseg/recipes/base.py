"""Base classes of recipes; each recipe is a folder beside this module."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Literal, NamedTuple

from cellseg.config import Frozen, checked
from cellseg.errors import CellsegError
from cellseg.recipes.curves import Panel, Row, SampleTexts, Score
from cellseg.recipes.encoders import EncoderSettings
from cellseg.recipes.form import Field, FormContext, Values, nested

Precision = Literal["float32", "bfloat16"]
"""Precision of the arithmetic; weights are stored in float32."""

STARTUP_SECONDS = 15.0
"""Time to load TensorFlow and trace the network on two CPU cores, seconds."""


class RecipeSettings(Frozen):
    """Settings of a training; each recipe extends them.

    name : of the recipe. start : id of the model to fine-tune; None starts from the weights of the
    encoder.
    """

    name: str = ""
    start: str | None = None

    @property
    def encoder_settings(self) -> EncoderSettings | None:
        """Settings of the encoder; None where there is none with published weights."""
        return None

    @property
    def encoder_size(self) -> int:
        """Image size of the ImageNet weights of the encoder, pixels."""
        return 224

    @property
    def epochs(self) -> int | None:
        """Number of epochs; None where the length is given in minutes."""
        return None

    def with_encoder_weights(self, weights: str) -> "RecipeSettings":
        """The same settings with other encoder weights."""
        raise CellsegError(f"The recipe {self.name} has no encoder with a choice of weights.")


class TrainingFacts(Frozen):
    """Facts that a training stores in its model; recipes extend them."""

    @property
    def separates_cells(self) -> bool:
        """Whether the model segments instances, and not only cell from background."""
        return False

    @property
    def typical_diameter(self) -> float | None:
        """Typical diameter of the training cells, pixels; None where the model does not use it."""
        return None


class Start(Frozen):
    """A model that was fine-tuned.

    sha256 : of its weights file; None where it is unknown.
    """

    id: str
    name: str
    sha256: str | None = None


@dataclass(frozen=True)
class FinishedTraining:
    """Facts about a finished training for the description of its model.

    images, epochs : number of training images and of completed epochs. encoder_sha256 : of the
    pre-trained encoder; None where it was initialized at random. start : the model that was
    fine-tuned.
    """

    settings: Any
    facts: Any
    images: int
    epochs: int
    encoder_sha256: str | None
    start: Start | None


class PastTraining(NamedTuple):
    """An earlier training, from whose speed a duration is estimated."""

    settings: RecipeSettings
    rows: Sequence[Row]
    train_images: int
    test_images: int


class Description(NamedTuple):
    """Description of a model, for its card and for the methods section of a paper.

    summary : what it does and its limits. details : facts, each a line without a full stop.
    network, training : clauses of a methods paragraph. instances : how outputs become instances, a
    clause in the past tense.
    """

    summary: str
    details: tuple[str, ...]
    network: str
    training: str
    instances: str


class Recipe(ABC):
    """A way to train a network and to predict with it.

    name : in settings, on the command line and in files. title, help : on the page Train.
    settings, facts : classes of settings and training facts. engine : `module:ATTRIBUTE` of the
    engine, see `cellseg.training.engine`; it is imported only when it is needed, since it may
    import TensorFlow. panels : curves of a training. samples : meaning of the sample pictures.
    fields : of the form on the page Train. fine_tunes : whether it can fine-tune models.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    settings: ClassVar[type[RecipeSettings]]
    facts: ClassVar[type[TrainingFacts] | None] = None
    engine: ClassVar[str]
    panels: ClassVar[tuple[Panel, ...]]
    samples: ClassVar[SampleTexts]
    fields: ClassVar[tuple[Field, ...]] = ()
    fine_tunes: ClassVar[bool] = False

    @abstractmethod
    def describe(self, training: FinishedTraining) -> Description:
        """Describe a trained model."""

    @abstractmethod
    def estimate(
        self,
        settings: Any,
        train_images: int,
        test_images: int,
        history: Iterable[PastTraining],
    ) -> float:
        """Estimate the duration of a training, seconds, from the latest similar one.

        Parameters
        ----------
        settings : of the training.
        history : earlier trainings, the newest first.
        """

    @abstractmethod
    def scores(
        self, settings: Any, rows: Sequence[Row], tested: bool, majority: float | None
    ) -> list[Score]:
        """Scores of a finished training.

        Parameters
        ----------
        rows : one for each epoch.
        tested : whether there are test images.
        majority : pixel accuracy of assigning the more common class to every pixel.
        """

    @abstractmethod
    def curves_caption(self, tested: bool) -> str:
        """Caption of the curves: on which images they were measured."""

    @abstractmethod
    def summary(self, settings: Any, train_images: int) -> str:
        """Summary of settings in a few words."""

    def samples_part(self, tested: bool) -> str:
        """Part of the data that the sample pictures come from, as an adjective; may be empty."""
        return "test" if tested else "training"

    def suitability(self, kind: str, sample: bool) -> int:
        """Suitability for a dataset; the recipe with the highest number is the default.

        Parameters
        ----------
        kind : of the masks, `labels` or `binary`.
        sample : whether it is the sample dataset.
        """
        return 0

    def from_form(self, values: Values, context: FormContext) -> RecipeSettings:
        """Settings from the values of the form.

        Raises
        ------
        CellsegError
            Where a value is invalid.
        """
        return self.settings_of(nested(values))

    def settings_of(self, groups: dict[str, Any]) -> RecipeSettings:
        """Settings from groups of values, with one sentence for the first invalid one.

        Raises
        ------
        CellsegError
            With the setting, its value and the values that are allowed.
        """
        return checked(self.settings, **{**groups, "name": self.name})

    def has_setting(self, group: str, name: str) -> bool:
        """Whether the settings contain this one."""
        field = self.settings.model_fields.get(group)
        inner = getattr(field.annotation, "model_fields", {}) if field else {}
        return name in inner

    def fine_tuned(self, settings: Any, start: Any, start_id: str) -> RecipeSettings:
        """Settings of a fine-tuning: the network of a model with the training of `settings`.

        Parameters
        ----------
        start : settings that the model was trained with.
        start_id : of the model.

        Raises
        ------
        CellsegError
            Where this recipe cannot fine-tune the model.
        """
        raise CellsegError(
            f"The recipe {self.name} cannot fine-tune a model; choose another recipe, or train "
            "a new model."
        )

    def load_engine(self) -> Any:
        """Import the engine, which takes seconds."""
        module, _, attribute = self.engine.partition(":")
        return getattr(import_module(module), attribute)
