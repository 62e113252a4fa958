"""The recipe `cells` as a worker; see `benchmarks.worker`."""

from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

import cellseg
from benchmarks import labelled_images
from benchmarks.environments import installed_versions
from benchmarks.labelled_images import LabelledImage
from benchmarks.time_limit import TimeLimit
from benchmarks.worker import Commands, serve
from cellseg.images.image import Image
from cellseg.methods.cells import trainer
from cellseg.methods.cells.annotated_image import AnnotatedImage
from cellseg.methods.cells.patches import patch_batches
from cellseg.methods.cells.predictor import CellsPredictor
from cellseg.methods.cells.preprocessing import scale_intensities
from cellseg.methods.cells.targets import distance_map
from cellseg.models.store import Model, ModelStore
from cellseg.network import precision
from cellseg.recipes.cells.facts import CellsFacts
from cellseg.recipes.cells.settings import CellsPreprocessing, CellsSettings
from cellseg.segmentation import predictor
from cellseg.workspace import Workspace

UNLIMITED_STEPS = 1_000_000

SIDE = 256
"""Side of the patches, the same for all programs, pixels."""


def prepare(images: str, home: str, model: str | None) -> tuple[dict[str, str], Commands]:
    """Read the images, and build or load a network.

    Parameters
    ----------
    images : folder, see `labelled_images`.
    model : name or id in the workspace `home`; None segments with the network that `train` trains.
    """
    labelled = labelled_images.read_images(images)
    benchmark = TrainingBenchmark(labelled)
    used = _load(ModelStore(Workspace(home)).get(model)) if model else benchmark.predictor
    by_name = {each.name: _image(each) for each in labelled}
    rgb = [_rgb8(image) for image in by_name.values()]

    def cells(output: str | None = None) -> dict[str, Any]:
        return labelled_images.time_segmentation(
            labelled, lambda each: used.cells(by_name[each.name]).labels, output
        )

    facts = {
        "cellseg": cellseg.__version__,
        **installed_versions("tensorflow-cpu", "tensorflow", "keras"),
    }
    return facts, {
        "train": benchmark.train,
        "network": lambda: labelled_images.time_calls(rgb, used.outputs),
        "cells": cells,
    }


class TrainingBenchmark:
    """Trains a network by the recipe `cells`, with its pipeline, loss and optimizer.

    The encoder is initialized at random, so that no file is needed, but its batch norms are frozen
    as in a training with a pre-trained encoder.
    """

    def __init__(self, images: list[LabelledImage]) -> None:
        self._images = images
        self._settings = CellsSettings()
        used_precision = precision.resolve_precision(self._settings.training.precision)
        self._facts = CellsFacts(precision=used_precision)
        network = trainer.build_network(self._settings, None, self._facts)
        self.predictor = CellsPredictor(network, self._settings, self._facts)
        self._model = trainer.compile_network(network, self._settings, self._facts)

    def train(self, seconds: float) -> dict[str, Any]:
        """Train for some seconds; returns the number of patches, the duration and the precision."""
        training, limit = self._settings.training, TimeLimit(seconds)
        area = float(np.median(trainer.cell_areas(self._annotated_images)))
        batches = patch_batches(
            self._annotated_images, SIDE, training.batch_size, UNLIMITED_STEPS, area, training.seed
        )
        self._model.fit(batches, callbacks=[limit], shuffle=False, verbose=0)
        return {**limit.patches(training.batch_size), "precision": self._facts.precision}

    @cached_property
    def _annotated_images(self) -> list[AnnotatedImage]:
        return [
            AnnotatedImage(
                _rgb8(_image(each)), each.labels.astype(np.int32), distance_map(each.labels)
            )
            for each in self._images
        ]


def _image(labelled: LabelledImage) -> Image:
    return Image(labelled.image, "YX" if labelled.image.ndim == 2 else "YXC")


def _rgb8(image: Image) -> NDArray[np.uint8]:
    return scale_intensities(image, CellsPreprocessing()).rgb8()


def _load(model: Model) -> CellsPredictor:
    loaded = predictor.load_predictor(model)
    if not isinstance(loaded, CellsPredictor):
        raise SystemExit(f"{model.name} is not a model of the recipe cells; name one of these.")
    return loaded


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    serve(prepare)
