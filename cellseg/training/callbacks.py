"""Keras callbacks for every recipe: progress, metrics and stopping on request."""

import time
from collections.abc import Callable
from typing import Protocol

import keras

from cellseg.training.status import MetricsFile, RunStatusWriter


class Clock(Protocol):
    """Progress of a training whose length is not given in epochs, such as a schedule."""

    def progress(self) -> float:
        """Fraction of the training that is done, 0 to 1."""

    def remaining(self) -> float | None:
        """Seconds left; None to estimate them from the duration of the epochs."""


class ProgressReport(keras.callbacks.Callback):
    """Writes epoch, step and remaining time to the status, and each epoch to the metrics.

    Parameters
    ----------
    status : of the worker.
    metrics : file of the run.
    steps : number of steps of an epoch.
    clock : tells progress and remaining time, where the number of epochs does not.
    """

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
        self._epoch_started = 0.0
        self._second_epoch_started: float | None = None

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Report the epoch; the first one, slow from tracing, is left out of the estimate."""
        self._epoch, self._epoch_started = epoch + 1, time.monotonic()
        if epoch == 1:
            self._second_epoch_started = self._epoch_started
        self._status.update(phase="Training", epoch=epoch + 1, step=0, steps=self._steps)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Report the step."""
        share = self._clock.progress() if self._clock else None
        self._status.update(step=batch + 1, remaining_s=self._remaining(batch + 1), share=share)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Append the scores of the epoch to the metrics."""
        seconds = time.monotonic() - self._epoch_started
        scores = {key: float(value) for key, value in (logs or {}).items()}
        self._metrics.append({"epoch": epoch + 1, **scores, "seconds": round(seconds, 3)})

    def _remaining(self, step: int) -> float | None:
        if self._clock and (seconds := self._clock.remaining()) is not None:
            return seconds
        epochs = self.params["epochs"]
        started, done = self._epoch_started, step / self._steps
        if self._second_epoch_started is not None:
            started, done = self._second_epoch_started, self._epoch - 2 + done
        epochs_left = epochs - self._epoch + 1 - step / self._steps
        elapsed = time.monotonic() - started
        return elapsed / done * epochs_left if elapsed > 1.0 else None


class StopOnRequest(keras.callbacks.Callback):
    """Stops the training after the current batch if the user asked for it.

    batches : number of completed batches. stopped : whether the user stopped the training.
    """

    def __init__(self, requested: Callable[[], bool]) -> None:
        super().__init__()
        self._requested = requested
        self.batches = 0
        self.stopped = False

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Check for the request."""
        self.batches += 1
        if self._requested():
            self.stopped = self.model.stop_training = True
