"""A trained model at work: an image in, the probability of foreground and the cells out."""

from typing import Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from cellseg.config import PredictionOptions, Preprocessing, Recipe
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from cellseg.models.store import Model
from cellseg.network import precision
from cellseg.network.batch_norm_folding import fold_batch_norms
from cellseg.network.cellnet import EXACT, build_cellnet
from cellseg.network.preprocessing import network_image
from cellseg.network.unet import build_unet, load_weights
from cellseg.recipes import CellsFacts, CellsPreprocessing, CellsRecipe
from cellseg.segmentation.cells import Cells
from cellseg.segmentation.instances import connected_components, enlarged, mask_of
from cellseg.segmentation.tiling import Counted


class Predictor:
    """A network and the preprocessing it was trained with.

    The forward pass is traced once for any batch size and shared by all callers.
    """

    def __init__(self, network: keras.Model, recipe: Recipe) -> None:
        self.settings = recipe.preprocessing
        size = self.settings.image_size

        @tf.function(input_signature=[tf.TensorSpec((None, size, size, 3), tf.uint8)])
        def probabilities(images: tf.Tensor) -> tf.Tensor:
            logits = network(tf.cast(images, tf.float32) / 255.0, training=False)
            return keras.ops.softmax(logits, axis=-1)[..., 1]

        self._probabilities = probabilities

    def network_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image at the network's size; float32 (size, size)."""
        return self.batch_probability(network_image(image, self.settings)[None])[0]

    def batch_probability(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Foreground probability of prepared images, all in one pass.

        Parameters
        ----------
        images : uint8 (B, size, size, 3), as `network_image` makes them.

        Returns
        -------
        float32 (B, size, size), 0 to 1.
        """
        return self._probabilities(tf.constant(images)).numpy()

    def foreground_probability(self, image: Image) -> NDArray[np.float32]:
        """Foreground probability of an image of any size, at its own size; float32 (Y, X)."""
        return enlarged(self.network_probability(image), image.height, image.width)

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: Counted | None = None,
    ) -> Cells:
        """The cells of an image of any size.

        Parameters
        ----------
        options : what is known of the image; the recipe `seed` has no use for it.
        progress : called with (parts done, parts in all); what it raises ends the work.
        """
        probability = self.foreground_probability(image)
        if progress:
            progress(1, 1)
        return Cells(connected_components(mask_of(probability)), probability)


class AnyPredictor(Protocol):
    """What a model of any recipe can do; see `Predictor`."""

    @property
    def settings(self) -> Preprocessing | CellsPreprocessing:
        """How an image becomes network input."""

    def cells(
        self,
        image: Image,
        options: PredictionOptions | None = None,
        progress: Counted | None = None,
    ) -> Cells:
        """The cells of an image of any size."""

    def network_probability(self, image: Image) -> NDArray[np.float32] | None:
        """Foreground probability at the network's size; None where it has no size of its own."""


def load(model: Model) -> AnyPredictor:
    """The predictor of a published model.

    Raises
    ------
    CellsegError
        Where the weights are missing or do not fit the model's settings.
    """
    recipe = model.recipe
    if isinstance(recipe, CellsRecipe):
        network = build_cellnet(recipe.network)
    else:
        network = build_unet(recipe.preprocessing.image_size, recipe.network)
    if not load_weights(network, model.weights):
        raise CellsegError(
            f"The weights of the model {model.name} cannot be loaded; the file is damaged or not "
            "of this model. Train it again or bring back a copy."
        )
    if isinstance(recipe, CellsRecipe):
        network = fold_batch_norms(network, precision.automatic(), EXACT)
    return predictor_of(network, recipe, model.facts.cells)


def predictor_of(
    network: keras.Model, recipe: Recipe | CellsRecipe, cells: CellsFacts | None
) -> AnyPredictor:
    """The predictor of a network by its recipe, and what a training of `cells` found out."""
    if isinstance(recipe, Recipe):
        return Predictor(network, recipe)
    from cellseg.segmentation.cells_predictor import CellsPredictor

    return CellsPredictor(network, recipe, cells or CellsFacts())
