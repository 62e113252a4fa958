"""What happens beside the learning: progress, curves, sample pictures, a wish to stop."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.overlay import overlay
from cellseg.images.writing import png_bytes
from cellseg.network.augmentation import Annotated
from cellseg.segmentation.cells_predictor import CellsPredictor
from cellseg.training.status import MetricsFile, StatusWriter
from cellseg.workspace import write_bytes, write_json

EVERY = 20.0
"""Least seconds between two pictures of the cells that a network finds."""

SELDOM = 0.05
"""Share of the time so far that passes before the next pictures: a long training makes few."""

SIDES = (128, 512)
"""The least and the most pixels of the side of such a picture."""

ACROSS = 10.0
"""Cells that fit in a row of it."""


class Clock(Protocol):
    """What knows how long a training lasts; see `budget.Budget`."""

    def progress(self) -> float:
        """Share of the training that is over, 0 to 1."""

    def remaining(self) -> float | None:
        """Seconds left; None where the pace of the epochs tells."""


class ProgressReport(keras.callbacks.Callback):
    """Notes epoch, step and remaining time in the status, and each ended epoch in the metrics."""

    def __init__(
        self,
        status: StatusWriter,
        metrics: MetricsFile,
        steps: int,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self._status = status
        self._metrics = metrics
        self._steps = steps
        self._clock = clock
        self._epoch = 0
        self._epoch_began = 0.0
        self._second_began: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """An epoch starts; the first one, slow from tracing, is left out of the rate."""
        self._epoch, self._epoch_began = epoch + 1, time.monotonic()
        if epoch == 1:
            self._second_began = self._epoch_began
        self._status.note(phase="Training", epoch=epoch + 1, step=0, steps=self._steps)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """A step is done."""
        share = self._clock.progress() if self._clock else None
        self._status.note(step=batch + 1, remaining_s=self._remaining(batch + 1), share=share)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """An epoch is done: its scores become a line."""
        seconds = time.monotonic() - self._epoch_began
        scores = {key: float(value) for key, value in (logs or {}).items()}
        self._metrics.append({"epoch": epoch + 1, **scores, "seconds": round(seconds, 3)})

    def _remaining(self, step: int) -> float | None:
        if self._clock and (seconds := self._clock.remaining()) is not None:
            return seconds
        epochs = self.params["epochs"]
        began, done = self._epoch_began, step / self._steps
        if self._second_began is not None:
            began, done = self._second_began, self._epoch - 2 + done
        left = epochs - self._epoch + 1 - step / self._steps
        spent = time.monotonic() - began
        return spent / done * left if spent > 1.0 else None


class StopOnRequest(keras.callbacks.Callback):
    """Ends the training after the current batch once somebody asks for it."""

    def __init__(self, requested: Callable[[], bool]) -> None:
        super().__init__()
        self._requested = requested
        self.batches = 0
        self.stopped = False

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Look for the wish once a step."""
        self.batches += 1
        if self._requested():
            self.stopped = self.model.stop_training = True


class KeepBest(keras.callbacks.ModelCheckpoint):
    """Keeps the weights of the epoch with the best IoU on the test images.

    They are saved from a network that was not compiled, since the file would hold the optimizer's
    state otherwise and weigh three times as much.
    """

    def __init__(self, network: keras.Model, path: Path) -> None:
        super().__init__(
            path, monitor="val_iou", mode="max", save_best_only=True, save_weights_only=True
        )
        self._network = network

    def set_model(self, model: keras.Model) -> None:
        """Watch the bare network instead of the one that Keras trains."""
        super().set_model(self._network)


class SamplePictures(keras.callbacks.Callback):
    """Pictures of the same few images after each epoch: the foreground probability as grey."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        images: NDArray[np.uint8],
        masks: NDArray[np.uint8],
    ) -> None:
        super().__init__()
        self._images = images
        self._folders = [
            _begun(folder / f"{index:02d}", name, image, mask * np.uint8(255))
            for index, (name, image, mask) in enumerate(zip(names, images, masks, strict=True))
        ]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Predict and store one picture for each image."""
        if not self._folders:
            return
        logits = self.model.predict_on_batch(self._images.astype(np.float32) / 255.0)
        difference = (logits[..., 0] - logits[..., 1]).clip(-60.0, 60.0)
        probability = 1.0 / (1.0 + np.exp(difference))  # softmax of two classes
        for target, grey in zip(self._folders, np.rint(probability * 255.0), strict=True):
            write_bytes(target / f"epoch-{epoch + 1:05d}.png", png_bytes(grey.astype(np.uint8)))


class CellPictures:
    """Pictures of the same parts of a few images after some epochs: the cells found, outlined.

    Parameters
    ----------
    diameter : of the cells, pixels.
    """

    def __init__(
        self, folder: Path, images: Sequence[tuple[str, Annotated]], diameter: float
    ) -> None:
        side = int(min(SIDES[1], max(SIDES[0], ACROSS * diameter)))
        self._parts: list[tuple[Path, NDArray[np.uint8], NDArray[np.int32]]] = []
        for index, (name, image) in enumerate(images):
            window = middle(image.labels, side)
            rgb, labels = image.image[window], image.labels[window]
            target = _begun(folder / f"{index:02d}", name, rgb, outlined(rgb, labels))
            self._parts.append((target, rgb, labels))
        self._began = time.monotonic()
        self._last = -math.inf

    def draw(self, epoch: int, predictor: CellsPredictor) -> None:
        """Predict and store one picture for each image, if the last ones are old enough."""
        now = time.monotonic()
        if now - self._last < max(EVERY, SELDOM * (now - self._began)):
            return
        for target, rgb, known in self._parts:
            picture = outlined(rgb, predictor.labels_as(rgb, known))
            write_bytes(target / f"epoch-{epoch:05d}.png", png_bytes(picture))
        self._last = time.monotonic()


def middle(labels: NDArray[np.integer], side: int) -> tuple[slice, slice]:
    """The rows and columns of a square around the middle of the cells, inside the image."""
    window = []
    for places, length in zip(np.nonzero(labels), labels.shape, strict=True):
        centre = places.mean() if places.size else length / 2
        first = int(min(max(0, centre - side / 2), max(0, length - side)))
        window.append(slice(first, min(length, first + side)))
    return window[0], window[1]


def outlined(rgb: NDArray[np.uint8], labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """An image with the outline of each cell in a colour of its own."""
    return overlay(rgb, labels, style="outline", opacity=1.0, colour=None)


def _begun(folder: Path, name: str, image: NDArray[np.uint8], truth: NDArray[np.uint8]) -> Path:
    """The folder of a sample, with its image and the truth."""
    folder.mkdir(parents=True)
    write_bytes(folder / "image.png", png_bytes(image))
    write_bytes(folder / "truth.png", png_bytes(truth))
    write_json(folder / "sample.json", {"name": name})
    return folder
