"""Interface between a run and the trainer of its recipe."""

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
class TrainingData:
    """Datasets of a run, and the names of the images in them that train and test."""

    train_dataset: Dataset
    test_dataset: Dataset
    train_names: tuple[str, ...]
    test_names: tuple[str, ...]


@dataclass(frozen=True)
class TrainingResult:
    """Result of a training; its weights are in the file `Run.weights`.

    predictor : with these weights. epochs, batches : numbers of completed ones. stopped : whether
    the user stopped the training. best : epoch and IoU of the best test score, with its weights in
    `Run.best_on_test`; None where there is none. facts : to store in the model.
    """

    predictor: Predictor
    epochs: int
    batches: int
    stopped: bool
    best: tuple[int, float] | None = None
    facts: TrainingFacts | None = None


class StoppedBeforeStart(Exception):
    """The user stopped the training before the first batch."""


class Trainer(Protocol):
    """The part of an engine that trains; `cellseg.segmentation.predictor.Loader` is the other."""

    def train(
        self,
        run: Run,
        data: TrainingData,
        start: Path | None,
        status: RunStatusWriter,
        stop_requested: Callable[[], bool],
    ) -> TrainingResult:
        """Train by the settings of a run; curves, pictures and weights go to its folder.

        Parameters
        ----------
        data : to train and test on.
        start : weights of the encoder, or of a whole network where a model is fine-tuned; None
            initializes the network at random.
        status : of the worker.
        stop_requested : whether the user asked to stop.

        Raises
        ------
        StoppedBeforeStart
            Where the user stops before the first batch.
        CellsegError
            Where the data or the weights are unsuitable.
        """


def load_trainer(settings: RecipeSettings) -> Trainer:
    """The trainer of the recipe of these settings; the first call imports TensorFlow."""
    return cast(Trainer, recipe_of(settings).load_engine())
