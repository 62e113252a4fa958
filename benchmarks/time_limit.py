"""Time limit of a training in Keras, for cellseg and for StarDist."""

import time

import keras


class TimeLimit(keras.callbacks.Callback):
    """Counts steps, and stops the training after a number of seconds.

    The clock starts at the end of the first step, in which the network may be traced.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._limit = seconds
        self._started: float | None = None
        self.steps = 0
        self.seconds = 0.0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Count the step, and stop if the time is over."""
        now = time.perf_counter()
        if self._started is None:
            self._started = now
            return
        self.steps += 1
        self.seconds = now - self._started
        if self.seconds >= self._limit:
            self.model.stop_training = True

    def patches(self, batch_size: int) -> dict[str, float]:
        """Number of patches that were trained on, and the duration in seconds."""
        return {"patches": self.steps * batch_size, "seconds": self.seconds}
