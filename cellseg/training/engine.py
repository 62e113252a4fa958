"""What trains: the seam between a run and the method of its recipe."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from cellseg.datasets.dataset import Dataset
from cellseg.recipes.base import RecipeSettings, TrainingFacts
from cellseg.recipes.registry import recipe_of
from cellseg.segmentation.predictor import Predictor
from cellseg.training.runs import Run
from cellseg.training.status import RunStatusWriter


@dataclass(frozen=True)
class Data:
    """The datasets of a run and the names in them that train and test."""

    train_from: Dataset
    test_from: Dataset
    train: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Trained:
    """What a training left; the weights lie in `Run.weights`.

    predictor : with these weights. epochs, batches : that ended. stopped : whether the user ended
    it. best : epoch and IoU of the best test score, whose weights lie in `Run.best_on_test`; None
    where there is none. facts : what the training found out.
    """

    predictor: Predictor
    epochs: int
    batches: int
    stopped: bool
    best: tuple[int, float] | None = None
    facts: TrainingFacts | None = None


class Stopped(Exception):
    """The user asked to stop before the first batch."""


class Trainer(Protocol):
    """The training side of an engine; see `cellseg.segmentation.predictor.Loader` for the other."""

    def train(
        self,
        run: Run,
        data: Data,
        start: Path | None,
        status: RunStatusWriter,
        stop_requested: Callable[[], bool],
    ) -> Trained:
        """Train as the run's settings say, writing curves, pictures and weights into its folder.

        Parameters
        ----------
        start : weights of the encoder, or of a whole network where the settings start from a
            model; None starts at random.

        Raises
        ------
        Stopped
            Where the stop comes before the first batch.
        CellsegError
            Where the data or the weights do not fit.
        """


def trainer_of(settings: RecipeSettings) -> Trainer:
    """What trains by these settings; the first one imports TensorFlow."""
    return cast(Trainer, recipe_of(settings).load_engine())
