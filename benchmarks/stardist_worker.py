"""StarDist as a worker, by its own functions; see `benchmarks.dialogue`.

StarDist: Schmidt et al. 2018, doi:10.1007/978-3-030-00934-2_30. 32 rays on a grid of 2 x 2, all
else as `Config2D` has it: batches of 4 squares of 256 x 256 pixels, Adam, 3e-4.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks import pictures
from benchmarks.clock import Clock
from benchmarks.dialogue import Commands, serve
from benchmarks.environments import versions

STEPS = 100
"""Of an epoch, after which the validation images choose the weights: StarDist's default."""

EPOCHS = 1000
SIDE = 256


def prepare(images: str, model: str | None) -> tuple[dict[str, str], Commands]:
    """Read the pictures, and build or load a model.

    Parameters
    ----------
    model : its folder. Where one lies there, it is what looks for cells, and it stays as it is:
        another one learns. Else a new one is kept there; None keeps none.
    """
    contender = StarDist(Path(model) if model else None, pictures.read(images))
    facts = versions("stardist", "tensorflow-cpu", "tensorflow", "keras")
    return facts, {
        "learn": contender.learn,
        "network": contender.network,
        "cells": contender.cells,
    }


class StarDist:
    """A StarDist model and the pictures that it looks at; grey ones where all of them are grey."""

    def __init__(self, folder: Path | None, found: list[pictures.Picture]) -> None:
        self._models = import_module("stardist.models")
        self._normalize = import_module("csbdeep.utils").normalize
        self._found = found
        if folder and (folder / "config.json").is_file():
            self._model = self._placed(None, folder)
            self._learner = self._made(None)
        else:
            self._model = self._learner = self._made(folder)

    def learn(
        self, seconds: float, images: str | None = None, validation: str | None = None
    ) -> dict[str, Any]:
        """Train for so many seconds with flips, turns and changed intensities.

        Parameters
        ----------
        images, validation : folders of pictures; the second chooses weights and thresholds.
            Without them it learns from the pictures that it looks at, and chooses nothing.
        """
        model = self._learner
        learning = self._pairs(pictures.read(images) if images else self._found)
        chosen = self._pairs(pictures.read(validation) if validation else self._found[:1])
        clock, random = Clock(seconds), np.random.default_rng(0)
        if not model._model_prepared:
            model.prepare_for_training()
        callbacks = list(model.callbacks)
        model.callbacks = [*callbacks, clock]
        model.train(
            *learning,
            validation_data=chosen,
            augmenter=lambda image, labels: changed(image, labels, random),
            epochs=EPOCHS if validation else 1,
            steps_per_epoch=STEPS if validation else STEPS * EPOCHS,
        )
        model.callbacks = callbacks
        if validation:
            model.optimize_thresholds(*chosen)
        squares = clock.crops(model.config.train_batch_size)
        return {**squares, "arithmetic": keras.config.dtype_policy().name}

    def network(self) -> dict[str, float]:
        """The seconds of the network for all pictures."""
        prepared = [self._prepared(picture.image, self._model) for picture in self._found]
        return pictures.timed(prepared, self._model.predict)

    def cells(self, output: str | None = None) -> dict[str, Any]:
        """From the pictures to their cells."""

        def labels(picture: pictures.Picture) -> np.ndarray:
            return self._model.predict_instances(self._prepared(picture.image, self._model))[0]

        return pictures.segmented(self._found, labels, output)

    def _made(self, folder: Path | None) -> Any:
        coloured = any(each.image.ndim == 3 for each in self._found)
        config = self._models.Config2D(
            n_rays=32, grid=(2, 2), n_channel_in=3 if coloured else 1, train_tensorboard=False
        )
        return self._placed(config, folder)

    def _placed(self, config: Any, folder: Path | None) -> Any:
        if folder is None:
            return self._models.StarDist2D(config, basedir=None)
        return self._models.StarDist2D(config, name=folder.name, basedir=str(folder.parent))

    def _pairs(self, found: list[pictures.Picture]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        images = [_large_enough(self._prepared(each.image, self._learner)) for each in found]
        return images, [_large_enough(each.labels.astype(np.int32)) for each in found]

    def _prepared(self, image: np.ndarray, model: Any) -> np.ndarray:
        """Percentiles 1 and 99.8 of each channel to 0 and 1; as many channels as the model has."""
        if model.config.n_channel_in == 3 and image.ndim == 2:
            image = np.stack([image] * 3, axis=-1)
        if model.config.n_channel_in == 1 and image.ndim == 3:
            image = image.mean(axis=-1)
        return self._normalize(image, 1, 99.8, axis=(0, 1))


def changed(
    image: np.ndarray, labels: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A square mirrored and turned by quarters, brighter or darker, with noise."""
    if random.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    turns = int(random.integers(4))
    image, labels = np.rot90(image, turns), np.rot90(labels, turns)
    image = image * np.float32(random.uniform(0.6, 2.0)) + np.float32(random.uniform(-0.2, 0.2))
    noise = random.standard_normal(image.shape, np.float32)
    return image + noise * np.float32(0.02 * random.random()), labels


def _large_enough(array: np.ndarray) -> np.ndarray:
    """Mirrored at its lower and right border until a square fits."""
    missing = [(0, max(0, SIDE - length)) for length in array.shape[:2]]
    return np.pad(array, missing + [(0, 0)] * (array.ndim - 2), "symmetric")


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    serve(prepare)
