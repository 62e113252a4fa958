"""Work in a process of its own, which outlives the server: started, heard, and asked to stop."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import psutil

import cellseg
from cellseg.config import Frozen
from cellseg.errors import CellsegError
from cellseg.workspace import disk_errors, read_json, write_json

HEARTBEAT = 2.0
"""Seconds between two heartbeats."""
SILENCE = 60.0
"""Seconds without a heartbeat after which a worker counts as gone."""
STATUS, STARTED, STOP, LOG = "status.json", "process.json", "stop", "worker.log"
"""Files of a worker's folder: its last word, who it is, the request to stop, its output."""

_workers: list[subprocess.Popen[bytes]] = []


class WorkerStatus(Frozen):
    """What a worker last wrote of itself.

    state : `running`, or how it ended. phase : what it does now, a few words.
    pid, process_created : of its process; the second tells it from a later one of that number.
    heartbeat, process_created : seconds since 1970. remaining_s : seconds until it ends.
    message : a sentence about its end.
    """

    state: str
    pid: int
    process_created: float
    heartbeat: float
    phase: str = ""
    remaining_s: float | None = None
    message: str | None = None


AnyStatus = TypeVar("AnyStatus", bound=WorkerStatus)


class StatusWriter(Generic[AnyStatus]):
    """Keeps status.json true: rewritten every 2 s by a thread of its own, and at each change.

    A disk that is full for a while costs heartbeats, not the work.
    """

    def __init__(self, folder: Path, kind: type[AnyStatus]) -> None:
        self._path = folder / STATUS
        self._status = kind(
            state="running",
            pid=os.getpid(),
            process_created=psutil.Process().create_time(),
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
    def status(self) -> AnyStatus:
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


def start(module: str, folder: Path) -> None:
    """Start `python -m module folder`, out of reach of signals to this process and of its end.

    What an earlier worker of the folder said last is forgotten, a request to stop too.
    """
    asked = time.time()
    write_json(folder / STARTED, {"asked": asked})
    for name in (STATUS, STOP):
        (folder / name).unlink(missing_ok=True)
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    _workers[:] = [worker for worker in _workers if worker.poll() is None]
    with (folder / LOG).open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", module, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
    _workers.append(worker)
    created = psutil.Process(worker.pid).create_time()
    started = {"pid": worker.pid, "process_created": created, "asked": asked}
    write_json(folder / STARTED, started)


def never_began(folder: Path, created: datetime, work: str) -> str | None:
    """Why no first word of the worker is expected any more, as a sentence; None while it may come.

    Parameters
    ----------
    created : when the work was asked for. work : its noun, as `training`.
    """
    started: Mapping[str, Any] = read_json(folder / STARTED) or {}
    if "pid" in started and not alive(started["pid"], started["process_created"]):
        return f"The {work} process ended before it said anything."
    if time.time() - max(created.timestamp(), started.get("asked", 0.0)) > SILENCE:
        return f"The {work} process never said anything."
    return None


def lost(word: WorkerStatus, work: str) -> str | None:
    """Why a worker that said it runs counts as gone, as a sentence; None while it is heard."""
    if not alive(word.pid, word.process_created):
        return f"The {work} process is gone."
    if (silent := time.time() - word.heartbeat) > SILENCE:
        return f"The {work} process has been silent for {silent:.0f} s."
    return None


def request_stop(folder: Path) -> None:
    """Ask the worker of a folder to end soon; what it did is kept."""
    with disk_errors(folder):
        (folder / STOP).touch()


def log_tail(folder: Path, lines: int = 20) -> list[str]:
    """The last lines of a worker's output."""
    try:
        text = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]


def alive(pid: int, created: float) -> bool:
    """Whether this very process lives; a number used again or a zombie does not count."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < 2.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _environment() -> dict[str, str]:
    root = str(Path(cellseg.__file__).parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
