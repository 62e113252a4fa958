"""Loading of weights files into networks."""

import warnings
from pathlib import Path

import keras

from cellseg.errors import CellsegError


def try_load_weights(network: keras.Model, path: Path) -> bool:
    """Load a weights file; returns whether it could be read and fits the network.

    The warnings of Keras about each layer that does not fit are suppressed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            network.load_weights(str(path))
        except (ValueError, OSError, KeyError):
            return False
    return True


def load_model_weights(network: keras.Model, path: Path, name: str) -> None:
    """Load the weights of a published model.

    Parameters
    ----------
    name : of the model, for the error.

    Raises
    ------
    CellsegError
        Where the file is missing or does not fit the network.
    """
    if not try_load_weights(network, path):
        raise CellsegError(
            f"The weights of the model {name} cannot be loaded: the file is damaged or belongs to "
            "another model. Train the model again, or restore a copy."
        )
