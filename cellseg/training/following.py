"""Wait for a training at a terminal: its progress as lines, and Ctrl-C as a request to stop."""

import time
from collections.abc import Callable

from cellseg.errors import CellsegError
from cellseg.recipes.curves import Row
from cellseg.recipes.registry import recipe_of
from cellseg.training import jobs
from cellseg.training.runs import Progress, Run

POLL = 0.5
"""Seconds between two looks at the run."""

PATIENCE = 15.0
"""Seconds for which a silent worker may wake up again, as after a suspended laptop."""

LOG_LINES = 10


def follow(run: Run, say: Callable[[str], None]) -> str | None:
    """Say what a run does until it ends.

    The first Ctrl-C asks the run to stop and goes on waiting until what was learned is published;
    the second leaves it to itself.

    Returns
    -------
    The id of the published model; None where it was stopped before it had learned anything.

    Raises
    ------
    CellsegError
        Where the run failed or its process vanished.
    """
    lines = _Lines(run, say)
    stopping = False
    while True:
        try:
            progress = _ended(run, lines)
            break
        except KeyboardInterrupt:
            if stopping:
                raise
            stopping = True
            jobs.stop(run)
            say(
                "Stopping after this batch; what was learned is kept. Ctrl-C again leaves it alone."
            )
    if progress.state in ("failed", "interrupted"):
        for line in run.log_tail(LOG_LINES):
            say(f"  {line}")
        raise CellsegError(progress.message or f"The training {run.id} failed.")
    if progress.model_id is None and progress.message:
        say(progress.message)
    return progress.model_id


def _ended(run: Run, lines: "_Lines") -> Progress:
    """Wait until a run has ended; one that seems interrupted gets time to wake up."""
    silent_since: float | None = None
    while True:
        progress = run.progress()
        lines.report(progress)
        if progress.state != "interrupted":
            silent_since = None
            if progress.ended:
                return progress
        elif silent_since is None:
            silent_since = time.monotonic()
        elif time.monotonic() - silent_since > PATIENCE:
            return progress
        time.sleep(POLL)


class _Lines:
    """Says each new phase and each epoch once."""

    def __init__(self, run: Run, say: Callable[[str], None]) -> None:
        self._run = run
        self._say = say
        self._phase = ""
        self._epochs = 0

    def report(self, progress: Progress) -> None:
        rows = self._run.metrics()
        for row in rows[self._epochs :]:
            self._say(_epoch_line(self._run, row, progress.epochs))
        self._epochs = len(rows)
        phase = progress.phase.split(",")[0]  # what follows a comma counts along
        if phase and phase != self._phase:
            self._phase = phase
            self._say(phase)


def _epoch_line(run: Run, row: Row, epochs: int | None) -> str:
    parts = [f"Epoch {row['epoch']}" + (f" of {epochs}" if epochs is not None else "")]
    for panel in recipe_of(run.config.recipe).panels:
        for curve in panel.curves:
            if curve.printed and (value := row.get(curve.key)) is not None:
                parts.append(f"{curve.printed} {value:.3f}")
    return ", ".join(parts)
