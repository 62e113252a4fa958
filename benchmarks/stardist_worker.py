"""StarDist as a worker; see `benchmarks.worker`.

StarDist: Schmidt et al. 2018, doi:10.1007/978-3-030-00934-2_30, with 32 rays on a grid of 2 x 2 and
otherwise the defaults of `Config2D`: batches of 4 patches of 256 x 256 pixels, Adam with a learning
rate of 3e-4.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np

from benchmarks import labelled_images
from benchmarks.environments import installed_versions
from benchmarks.labelled_images import LabelledImage
from benchmarks.time_limit import TimeLimit
from benchmarks.worker import Commands, serve

STEPS = 100
"""Steps of an epoch, after which the validation images choose the weights: the default."""

EPOCHS = 1000
SIDE = 256
"""Side of the patches, pixels."""


def prepare(images: str, model: str | None) -> tuple[dict[str, str], Commands]:
    """Read the images, and build or load a model.

    Parameters
    ----------
    images : folder, see `labelled_images`.
    model : its folder. A model in it segments and is not changed, while another one trains;
        otherwise a new model is stored there. None does not store it.
    """
    stardist = StarDist(Path(model) if model else None, labelled_images.read_images(images))
    facts = installed_versions("stardist", "tensorflow-cpu", "tensorflow", "keras")
    return facts, {
        "train": stardist.train,
        "network": stardist.network,
        "cells": stardist.cells,
    }


class StarDist:
    """A StarDist model and the images that it segments; it is grey if all of them are grey."""

    def __init__(self, folder: Path | None, images: list[LabelledImage]) -> None:
        self._models = import_module("stardist.models")
        self._normalize = import_module("csbdeep.utils").normalize
        self._images = images
        if folder and (folder / "config.json").is_file():
            self._model = self._in_folder(None, folder)
            self._trained_model = self._build(None)
        else:
            self._model = self._trained_model = self._build(folder)

    def train(
        self, seconds: float, images: str | None = None, validation: str | None = None
    ) -> dict[str, Any]:
        """Train for some seconds with flips, rotations and intensity jitter.

        Parameters
        ----------
        images, validation : folders of images; those of `validation` choose weights and thresholds.
            Without them the model trains on the images that it segments, and chooses nothing.
        """
        model = self._trained_model
        training = self._pairs(labelled_images.read_images(images) if images else self._images)
        chosen = self._pairs(
            labelled_images.read_images(validation) if validation else self._images[:1]
        )
        limit, rng = TimeLimit(seconds), np.random.default_rng(0)
        if not model._model_prepared:
            model.prepare_for_training()
        callbacks = list(model.callbacks)
        model.callbacks = [*callbacks, limit]
        model.train(
            *training,
            validation_data=chosen,
            augmenter=lambda image, labels: augment(image, labels, rng),
            epochs=EPOCHS if validation else 1,
            steps_per_epoch=STEPS if validation else STEPS * EPOCHS,
        )
        model.callbacks = callbacks
        if validation:
            model.optimize_thresholds(*chosen)
        patches = limit.patches(model.config.train_batch_size)
        return {**patches, "precision": keras.config.dtype_policy().name}

    def network(self) -> dict[str, float]:
        """Measure the time of the network for all images."""
        preprocessed = [self._preprocess(each.image, self._model) for each in self._images]
        return labelled_images.time_calls(preprocessed, self._model.predict)

    def cells(self, output: str | None = None) -> dict[str, Any]:
        """Measure the time from the original images to label images."""

        def labels(labelled: LabelledImage) -> np.ndarray:
            preprocessed = self._preprocess(labelled.image, self._model)
            return self._model.predict_instances(preprocessed)[0]

        return labelled_images.time_segmentation(self._images, labels, output)

    def _build(self, folder: Path | None) -> Any:
        coloured = any(each.image.ndim == 3 for each in self._images)
        config = self._models.Config2D(
            n_rays=32, grid=(2, 2), n_channel_in=3 if coloured else 1, train_tensorboard=False
        )
        return self._in_folder(config, folder)

    def _in_folder(self, config: Any, folder: Path | None) -> Any:
        if folder is None:
            return self._models.StarDist2D(config, basedir=None)
        return self._models.StarDist2D(config, name=folder.name, basedir=str(folder.parent))

    def _pairs(self, images: list[LabelledImage]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        preprocessed = [
            _padded(self._preprocess(each.image, self._trained_model)) for each in images
        ]
        return preprocessed, [_padded(each.labels.astype(np.int32)) for each in images]

    def _preprocess(self, image: np.ndarray, model: Any) -> np.ndarray:
        """Scale percentiles 1 and 99.8 of each channel to 0 and 1, in the channels of the model."""
        if model.config.n_channel_in == 3 and image.ndim == 2:
            image = np.stack([image] * 3, axis=-1)
        if model.config.n_channel_in == 1 and image.ndim == 3:
            image = image.mean(axis=-1)
        return self._normalize(image, 1, 99.8, axis=(0, 1))


def augment(
    image: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Flip and rotate a patch, change its contrast and brightness, and add noise."""
    if rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    turns = int(rng.integers(4))
    image, labels = np.rot90(image, turns), np.rot90(labels, turns)
    image = image * np.float32(rng.uniform(0.6, 2.0)) + np.float32(rng.uniform(-0.2, 0.2))
    noise = rng.standard_normal(image.shape, np.float32)
    return image + noise * np.float32(0.02 * rng.random()), labels


def _padded(array: np.ndarray) -> np.ndarray:
    """Pad by reflection at the lower and the right edge to the size of a patch."""
    missing = [(0, max(0, SIDE - length)) for length in array.shape[:2]]
    return np.pad(array, missing + [(0, 0)] * (array.ndim - 2), "symmetric")


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    serve(prepare)
