"""Schedule of a training by the recipe `cells`: its length and its learning rate."""

import math
import time

import keras

from cellseg.recipes.cells.settings import FINAL_RATE, WARM_UP_STEPS, CellsTraining

UNLIMITED = 1_000_000
"""Epochs of a training whose length is given in minutes."""


def scheduled_rate(largest: float, step: int, progress: float) -> float:
    """Learning rate: a linear warm-up, then a half-cosine decay (Loshchilov & Hutter 2017).

    Parameters
    ----------
    largest : learning rate at the end of the warm-up.
    step : number of steps done.
    progress : fraction of the training that is done, 0 to 1.
    """
    decay = FINAL_RATE + (1.0 - FINAL_RATE) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
    return largest * min(1.0, (step + 1) / WARM_UP_STEPS) * decay


class Schedule(keras.callbacks.Callback):
    """Sets the learning rate of each step, and ends a training when its minutes are over.

    The clock starts at the second step, since TensorFlow traces the network during the first.

    steps : number of started steps. unfreeze_at : fraction of the training at which it stops once,
    to be resumed with an encoder that trains; None never.
    """

    def __init__(self, settings: CellsTraining) -> None:
        super().__init__()
        self._settings = settings
        self.unfreeze_at: float | None = None
        self._started: float | None = None
        self.steps = 0

    @property
    def epochs(self) -> int:
        """Largest number of epochs."""
        return self._settings.epochs or UNLIMITED

    def progress(self) -> float:
        """Fraction of the training that is done, 0 to 1, by the steps or by the clock."""
        fractions = []
        if self._settings.epochs is not None:
            fractions.append(self.steps / (self._settings.epochs * self._settings.steps))
        if self._settings.minutes is not None:
            fractions.append(self._elapsed() / (60.0 * self._settings.minutes))
        return min(1.0, max(fractions))

    def remaining(self) -> float | None:
        """Seconds left; None where epochs end the training."""
        if self._settings.minutes is None or self._settings.epochs is not None:
            return None
        return max(0.0, 60.0 * self._settings.minutes - self._elapsed())

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set the learning rate."""
        if self.steps == 1:
            self._started = time.monotonic()
        rate = scheduled_rate(self._settings.learning_rate, self.steps, self.progress())
        self.model.optimizer.learning_rate = rate
        self.steps += 1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Stop where the time is over or the encoder is to be unfrozen."""
        if self._settings.minutes is not None and self.progress() >= 1.0:
            self.model.stop_training = True
        if self.unfreeze_at is not None and self.progress() >= self.unfreeze_at:
            self.model.stop_training = True

    def _elapsed(self) -> float:
        return time.monotonic() - self._started if self._started is not None else 0.0
