"""Keras callbacks of the recipe `pixels`: best weights and sample pictures."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from cellseg.training.samples import SamplePicture


class SaveBest(keras.callbacks.ModelCheckpoint):
    """Saves the weights of the epoch with the highest IoU on the test images.

    It saves a network that is not compiled; otherwise the file would contain the state of the
    optimizer and be three times as large.
    """

    def __init__(self, network: keras.Model, path: Path) -> None:
        super().__init__(
            path, monitor="val_iou", mode="max", save_best_only=True, save_weights_only=True
        )
        self._network = network

    def set_model(self, model: keras.Model) -> None:
        """Save the weights of the bare network instead of those of the compiled model."""
        super().set_model(self._network)


class SamplePictures(keras.callbacks.Callback):
    """Stores the foreground probability of the same few images after each epoch, as grey levels.

    Parameters
    ----------
    folder : of all pictures; each image gets a folder in it.
    names : of the images.
    images : uint8 (N, size, size, 3).
    masks : uint8 (N, size, size), 0 or 1.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        images: NDArray[np.uint8],
        masks: NDArray[np.uint8],
    ) -> None:
        super().__init__()
        self._images = images
        self._pictures = [
            SamplePicture(folder / f"{index:02d}", name, image, mask * np.uint8(255))
            for index, (name, image, mask) in enumerate(zip(names, images, masks, strict=True))
        ]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Predict and store one picture of each image."""
        if not self._pictures:
            return
        logits = self.model.predict_on_batch(self._images.astype(np.float32) / 255.0)
        difference = (logits[..., 0] - logits[..., 1]).clip(-60.0, 60.0)
        probability = 1.0 / (1.0 + np.exp(difference))  # softmax of two classes
        for picture, grey in zip(self._pictures, np.rint(probability * 255.0), strict=True):
            picture.add(epoch + 1, grey.astype(np.uint8))
