"""Follow a training in a terminal: print its progress, and stop it on Ctrl-C."""

import time
from collections.abc import Callable

from cellseg.errors import CellsegError
from cellseg.recipes.curves import Row
from cellseg.recipes.registry import recipe_of
from cellseg.training import jobs
from cellseg.training.runs import Progress, Run

POLL_INTERVAL = 0.5
"""Seconds between two readings of the status."""

RESUME_TIMEOUT = 15.0
"""Seconds that an interrupted worker has to resume, such as after the computer slept."""

LOG_LINES = 10
"""Lines of the log that are printed if the training failed."""


def follow(run: Run, echo: Callable[[str], None]) -> str | None:
    """Print the progress of a run until it ends.

    The first Ctrl-C stops the training; the function returns when the model is published. The
    second Ctrl-C raises KeyboardInterrupt, while the worker publishes the model.

    Parameters
    ----------
    echo : prints a line.

    Returns
    -------
    The id of the published model; None where the training was stopped before the first batch.

    Raises
    ------
    CellsegError
        Where the training failed or its process was interrupted.
    """
    printer = _ProgressPrinter(run, echo)
    stopping = False
    while True:
        try:
            progress = _wait(run, printer)
            break
        except KeyboardInterrupt:
            if stopping:
                raise
            stopping = True
            jobs.stop(run)
            echo(
                "Stopping after this training step; the model trained so far is saved. Press "
                "Ctrl-C again to return to the terminal without waiting."
            )
    if progress.state in ("failed", "interrupted"):
        for line in run.log_tail(LOG_LINES):
            echo(f"  {line}")
        raise CellsegError(progress.message or f"The training {run.id} failed.")
    if progress.model_id is None and progress.message:
        echo(progress.message)
    return progress.model_id


def _wait(run: Run, printer: "_ProgressPrinter") -> Progress:
    """Wait until a run ends; an interrupted one has time to resume."""
    interrupted_since: float | None = None
    while True:
        progress = run.progress()
        printer.report(progress)
        if progress.state != "interrupted":
            interrupted_since = None
            if progress.ended:
                return progress
        elif interrupted_since is None:
            interrupted_since = time.monotonic()
        elif time.monotonic() - interrupted_since > RESUME_TIMEOUT:
            return progress
        time.sleep(POLL_INTERVAL)


class _ProgressPrinter:
    """Prints each phase and each epoch once."""

    def __init__(self, run: Run, echo: Callable[[str], None]) -> None:
        self._run = run
        self._echo = echo
        self._phase = ""
        self._epochs = 0

    def report(self, progress: Progress) -> None:
        rows = self._run.metrics()
        for row in rows[self._epochs :]:
            self._echo(_epoch_line(self._run, row, progress.epochs))
        self._epochs = len(rows)
        phase = progress.phase.split(",")[0]  # a counter follows the comma
        if phase and phase != self._phase:
            self._phase = phase
            self._echo(phase)


def _epoch_line(run: Run, row: Row, epochs: int | None) -> str:
    parts = [f"Epoch {row['epoch']}" + (f" of {epochs}" if epochs is not None else "")]
    for panel in recipe_of(run.config.recipe).panels:
        for curve in panel.curves:
            if curve.printed and (value := row.get(curve.key)) is not None:
                parts.append(f"{curve.printed} {value:.3f}")
    return ", ".join(parts)
