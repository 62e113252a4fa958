"""The recipe `cells` as a worker; see `benchmarks.dialogue`."""

from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

import cellseg
from benchmarks import pictures
from benchmarks.clock import Clock
from benchmarks.dialogue import Commands, serve
from benchmarks.environments import versions
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

ENDLESS = 1_000_000
SIDE = 256
"""Of the squares to learn from, for all contenders alike."""


def prepare(images: str, home: str, model: str | None) -> tuple[dict[str, str], Commands]:
    """Read the pictures and build or load the network.

    Parameters
    ----------
    model : name or id in the workspace `home`; None looks for cells with the network that
        `learn` trains.
    """
    found = pictures.read(images)
    training = Training(found)
    loaded = _loaded(ModelStore(Workspace(home)).get(model)) if model else training.predictor
    whole = [_image(each) for each in found]
    rgb = [_rgb8(image) for image in whole]
    of_name = {each.name: image for each, image in zip(found, whole, strict=True)}

    def cells(output: str | None = None) -> dict[str, Any]:
        return pictures.segmented(
            found, lambda picture: loaded.cells(of_name[picture.name]).labels, output
        )

    facts = {
        "cellseg": cellseg.__version__,
        **versions("tensorflow-cpu", "tensorflow", "keras"),
    }
    return facts, {
        "learn": training.learn,
        "network": lambda: pictures.timed(rgb, loaded.outputs),
        "cells": cells,
    }


class Training:
    """The recipe as it stands, with its pipeline, its loss and its optimizer.

    Instead of ImageNet's numbers its encoder starts with random ones, so that no file is needed;
    its batch norms stay as they are all the same, as in every training that starts from weights.
    """

    def __init__(self, found: list[pictures.Picture]) -> None:
        self._recipe = CellsSettings()
        self._found = found
        self._facts = CellsFacts(
            precision=precision.resolve_precision(self._recipe.training.precision)
        )
        network = trainer.build_network(self._recipe, None, self._facts)
        self.predictor = CellsPredictor(network, self._recipe, self._facts)
        self._compiled = trainer.compile_network(network, self._recipe, self._facts)

    def learn(self, seconds: float) -> dict[str, Any]:
        """Train for so many seconds; says in which arithmetic too."""
        settings, clock = self._recipe.training, Clock(seconds)
        area = float(np.median(trainer.cell_areas(self._sources)))
        batches = patch_batches(
            self._sources, SIDE, settings.batch_size, ENDLESS, area, settings.seed
        )
        self._compiled.fit(batches, callbacks=[clock], shuffle=False, verbose=0)
        return {**clock.crops(settings.batch_size), "arithmetic": self._facts.precision}

    @cached_property
    def _sources(self) -> list[AnnotatedImage]:
        return [
            AnnotatedImage(
                _rgb8(_image(each)), each.labels.astype(np.int32), distance_map(each.labels)
            )
            for each in self._found
        ]


def _image(picture: pictures.Picture) -> Image:
    return Image(picture.image, "YX" if picture.image.ndim == 2 else "YXC")


def _rgb8(image: Image) -> NDArray[np.uint8]:
    return scale_intensities(image, CellsPreprocessing()).rgb8()


def _loaded(model: Model) -> CellsPredictor:
    found = predictor.load(model)
    if not isinstance(found, CellsPredictor):
        raise SystemExit(f"{model.name} is no model of the recipe cells; name one of these.")
    return found


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    serve(prepare)
