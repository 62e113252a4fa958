"""Load a file of weights into a network."""

import warnings
from pathlib import Path

import keras

from cellseg.errors import CellsegError


def load_weights(network: keras.Model, path: Path) -> bool:
    """Load a weights file; whether it fits the network and could be read.

    Where it does not fit, Keras also warns once for each layer; the answer says enough.
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
    name : of the model.

    Raises
    ------
    CellsegError
        Where they are missing or do not fit the network.
    """
    if not load_weights(network, path):
        raise CellsegError(
            f"The weights of the model {name} cannot be loaded; the file is damaged or not of "
            "this model. Train it again or bring back a copy."
        )
