"""How long a training by the recipe `cells` lasts, and how large its steps are on the way."""

import math
import time

import keras

from cellseg.recipes.cells.settings import CellsTraining

WARM_UP = 100
"""Steps in which the learning rate rises to its height."""

LEAST = 0.01
"""The last learning rate as a share of the highest."""

ENDLESS = 1_000_000
"""Epochs of a training that minutes end."""


def learning_rate(highest: float, step: int, progress: float) -> float:
    """A linear rise, then half a cosine down to a hundredth (Loshchilov & Hutter 2017).

    Parameters
    ----------
    step : steps done. progress : share of the training that is over, 0 to 1.
    """
    falling = LEAST + (1.0 - LEAST) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
    return highest * min(1.0, (step + 1) / WARM_UP) * falling


class Budget(keras.callbacks.Callback):
    """Sets the learning rate before each step, and ends the training when its minutes are over.

    The clock starts with the second step: the first one takes seconds to trace.

    pause : share of the training at which it ends for once, to go on otherwise; None never.
    """

    def __init__(self, settings: CellsTraining) -> None:
        super().__init__()
        self._settings = settings
        self.pause: float | None = None
        self._began: float | None = None
        self.steps = 0

    @property
    def epochs(self) -> int:
        """Epochs at most."""
        return self._settings.epochs or ENDLESS

    def progress(self) -> float:
        """Share of the training that is over, 0 to 1, by the clock or by the steps."""
        shares = []
        if self._settings.epochs is not None:
            shares.append(self.steps / (self._settings.epochs * self._settings.steps))
        if self._settings.minutes is not None:
            shares.append(self._spent() / (60.0 * self._settings.minutes))
        return min(1.0, max(shares))

    def remaining(self) -> float | None:
        """Seconds left, where it is minutes that are counted."""
        if self._settings.minutes is None or self._settings.epochs is not None:
            return None
        return max(0.0, 60.0 * self._settings.minutes - self._spent())

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """A step begins."""
        if self.steps == 1:
            self._began = time.monotonic()
        rate = learning_rate(self._settings.learning_rate, self.steps, self.progress())
        self.model.optimizer.learning_rate = rate
        self.steps += 1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """A step is done."""
        if self._settings.minutes is not None and self.progress() >= 1.0:
            self.model.stop_training = True
        if self.pause is not None and self.progress() >= self.pause:
            self.model.stop_training = True

    def _spent(self) -> float:
        return time.monotonic() - self._began if self._began is not None else 0.0
