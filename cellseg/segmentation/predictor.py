"""Predictors: a published model as a network with its preprocessing and thresholds."""

from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.models.store import Model
from cellseg.recipes.registry import recipe_of
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.tiling import PartsCallback

Mask = NDArray[np.bool_]


class Segmenter(Protocol):
    """Segments the cells of an image."""

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: PartsCallback | None = None,
    ) -> Cells:
        """Segment the cells of an image of any size.

        Parameters
        ----------
        image : with its original intensities, which are scaled here.
        options : cell diameter and tile size, where they are given.
        progress : called with (parts done, parts in all); an exception that it raises ends the
            work.

        Raises
        ------
        CellsegError
            Where the result does not fit into memory.
        """


class Predictor(Segmenter, Protocol):
    """A model of any recipe, ready to segment and to be scored."""

    def masks_at_network_size(self, image: Image, truth: Mask) -> tuple[Mask, Mask] | None:
        """True and predicted foreground mask of an image at the size of the network's input.

        Parameters
        ----------
        truth : bool (Y, X), the true foreground at the size of the image.

        Returns
        -------
        Two masks, bool (size, size); None where the network takes images of any size.
        """


class Loader(Protocol):
    """The part of an engine that loads predictors."""

    def load(self, model: Model) -> Predictor:
        """Load the predictor of a published model.

        Raises
        ------
        CellsegError
            Where the weights are missing or do not fit the model's settings.
        """


def load_predictor(model: Model) -> Predictor:
    """Load the predictor of a published model; the first call imports TensorFlow.

    Raises
    ------
    CellsegError
        Where the weights are missing or do not fit the model's settings.
    """
    return cast(Loader, recipe_of(model.recipe).load_engine()).load(model)
