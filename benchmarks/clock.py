"""The time of a training in Keras: a callback for both cellseg and StarDist."""

import time

import keras


class Clock(keras.callbacks.Callback):
    """Counts steps, and ends the training after so many seconds.

    The clock starts with the end of the first step, which may trace the network.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._limit = seconds
        self._began: float | None = None
        self.steps = 0
        self.seconds = 0.0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """A step is done."""
        now = time.perf_counter()
        if self._began is None:
            self._began = now
            return
        self.steps += 1
        self.seconds = now - self._began
        if self.seconds >= self._limit:
            self.model.stop_training = True

    def crops(self, batch_size: int) -> dict[str, float]:
        """Squares that were learned from, and the seconds that this took."""
        return {"crops": self.steps * batch_size, "seconds": self.seconds}
