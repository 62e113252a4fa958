"""The writer's side of a run folder: status with a heartbeat, metrics line by line."""

import json
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from cellseg.errors import CellsegError
from cellseg.training.runs import Status
from cellseg.workspace import write_json

HEARTBEAT = 2.0
"""Seconds between two heartbeats."""


class StatusWriter:
    """Keeps status.json true: rewritten every 2 s by a thread of its own, and at each change.

    A disk that is full for a while costs heartbeats, not the training.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "status.json"
        process = psutil.Process()
        self._status = Status(
            state="running",
            pid=os.getpid(),
            process_created=process.create_time(),
            heartbeat=time.time(),
            phase="Starting",
        )
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._write()
        self._thread.start()

    def note(self, **changes: Any) -> None:
        """Change fields in memory; the next heartbeat writes them."""
        with self._lock:
            self._status = self._status.model_copy(update=changes)

    def say(self, phase: str, **changes: Any) -> None:
        """Change the phase and write at once."""
        self.note(phase=phase, **changes)
        self._write()

    def end(self, state: str, **changes: Any) -> None:
        """Write the last status; nothing is written after it."""
        self._ended.set()
        self._thread.join()
        self.note(state=state, remaining_s=None, **changes)
        self._write()

    @property
    def status(self) -> Status:
        """What was last noted."""
        return self._status

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT):
            self._write()

    def _write(self) -> None:
        with self._lock:
            self._status = self._status.model_copy(update={"heartbeat": time.time()})
            try:
                write_json(self._path, self._status.model_dump(mode="json"))
            except (CellsegError, OSError) as error:
                logging.getLogger(__name__).warning("status not written: %s", error)


class MetricsFile:
    """metrics.jsonl: one JSON object a line and epoch, on the disk as soon as the epoch ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "metrics.jsonl"

    def append(self, row: dict[str, Any]) -> None:
        """Add an epoch; values that are not finite become null."""
        finite = {key: value if _is_finite(value) else None for key, value in row.items()}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(finite, allow_nan=False) + "\n")


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or abs(value) < float("inf")
