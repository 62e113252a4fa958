"""Keras callbacks of every recipe: progress, metrics, a request to stop."""

import time
from collections.abc import Callable
from typing import Protocol

import keras

from cellseg.training.status import MetricsFile, RunStatusWriter


class Clock(Protocol):
    """What knows how long a training lasts; such as `cellseg.methods.cells.schedule.Schedule`."""

    def progress(self) -> float:
        """Share of the training that is over, 0 to 1."""

    def remaining(self) -> float | None:
        """Seconds left; None where the pace of the epochs tells."""


class ProgressReport(keras.callbacks.Callback):
    """Notes epoch, step and remaining time in the status, and each ended epoch in the metrics."""

    def __init__(
        self,
        status: RunStatusWriter,
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
