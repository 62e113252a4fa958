"""What predicts: a published model as a network with its preprocessing and thresholds."""

from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from cellseg.config import PredictionOptions
from cellseg.images.image import Image
from cellseg.models.store import Model
from cellseg.recipes.registry import recipe_of
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.tiling import Counted

Mask = NDArray[np.bool_]


class Segmenter(Protocol):
    """What finds the cells of an image."""

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: Counted | None = None,
    ) -> Cells:
        """The cells of an image of any size.

        Parameters
        ----------
        options : what is known of the image.
        progress : called with (parts done, parts in all); what it raises ends the work.

        Raises
        ------
        CellsegError
            Where the result would not fit into memory.
        """


class Predictor(Segmenter, Protocol):
    """A model of any recipe, ready to segment and to be scored."""

    def masks_at_network_size(self, image: Image, truth: Mask) -> tuple[Mask, Mask] | None:
        """The true and the predicted mask of an image at the size of the network's input.

        Parameters
        ----------
        truth : bool (Y, X), the true foreground at the image's own size.

        Returns
        -------
        None where the network has no size of its own.
        """


class Loader(Protocol):
    """The predicting side of an engine."""

    def load(self, model: Model) -> Predictor:
        """The predictor of a published model.

        Raises
        ------
        CellsegError
            Where the weights are missing or do not fit the model's settings.
        """


def load(model: Model) -> Predictor:
    """The predictor of a published model; the first one imports TensorFlow.

    Raises
    ------
    CellsegError
        Where the weights are missing or do not fit the model's settings.
    """
    return cast(Loader, recipe_of(model.recipe).load_engine()).load(model)
