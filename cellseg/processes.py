"""Worker processes that outlive the server: start them, read their status, ask them to stop."""

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

HEARTBEAT_INTERVAL = 2.0
"""Seconds between two updates of the status file."""

HEARTBEAT_TIMEOUT = 60.0
"""Seconds without an update after which a worker counts as interrupted."""

STATUS, PROCESS, STOP, LOG = "status.json", "process.json", "stop", "worker.log"
"""Files in the folder of a worker: its status, its process, a request to stop, its output."""

_workers: list[subprocess.Popen[bytes]] = []


class WorkerStatus(Frozen):
    """Status that a worker writes.

    state : `running`, or how it ended. phase : current step, a few words.
    pid, process_created : of its process. The time of creation, seconds since 1970, distinguishes
    it from a later process with the same pid. heartbeat : time of the last update, seconds since
    1970. remaining_s : estimated time until it ends, seconds. message : a sentence about its end.
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
    """Writes status.json every 2 s in a thread, and at each change of the phase.

    If the disk is full, updates are lost, but the work continues.

    Parameters
    ----------
    folder : of the worker.
    kind : class of the status.
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

    def update(self, **changes: Any) -> None:
        """Change fields of the status; the next heartbeat writes them."""
        with self._lock:
            self._status = self._status.model_copy(update=changes)

    def set_phase(self, phase: str, **changes: Any) -> None:
        """Change the phase, and write the status at once."""
        self.update(phase=phase, **changes)
        self._write()

    def end(self, state: str, **changes: Any) -> None:
        """Write the last status and stop the thread."""
        self._ended.set()
        self._thread.join()
        self.update(state=state, remaining_s=None, **changes)
        self._write()

    @property
    def status(self) -> AnyStatus:
        """The current status."""
        return self._status

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_INTERVAL):
            self._write()

    def _write(self) -> None:
        with self._lock:
            self._status = self._status.model_copy(update={"heartbeat": time.time()})
            try:
                write_json(self._path, self._status.model_dump(mode="json"))
            except (CellsegError, OSError) as error:
                logging.getLogger(__name__).warning("the status could not be written: %s", error)


def start(module: str, folder: Path) -> None:
    """Start `python -m module folder` as a process that outlives this one and gets no signal of it.

    The status of an earlier worker of the folder and a request to stop it are deleted.

    Parameters
    ----------
    module : with a main function for one argument, the folder.
    folder : of the worker.
    """
    requested = time.time()
    write_json(folder / PROCESS, {"asked": requested})
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
    started = {"pid": worker.pid, "process_created": created, "asked": requested}
    write_json(folder / PROCESS, started)


def start_problem(folder: Path, created: datetime, work: str) -> str | None:
    """Why a worker that never wrote a status counts as interrupted.

    Parameters
    ----------
    folder : of the worker.
    created : when the work was requested.
    work : a noun for it, such as `training`.

    Returns
    -------
    A sentence; None while the worker may still be starting.
    """
    started: Mapping[str, Any] = read_json(folder / PROCESS) or {}
    if "pid" in started and not alive(started["pid"], started["process_created"]):
        return f"The {work} process ended before it reported a status."
    if time.time() - max(created.timestamp(), started.get("asked", 0.0)) > HEARTBEAT_TIMEOUT:
        return f"The {work} process never reported a status."
    return None


def heartbeat_problem(status: WorkerStatus, work: str) -> str | None:
    """Why a worker whose status is `running` counts as interrupted.

    Parameters
    ----------
    status : of the worker.
    work : a noun for it, such as `training`.

    Returns
    -------
    A sentence; None while the worker is alive.
    """
    if not alive(status.pid, status.process_created):
        return f"The {work} process is not running any more."
    if (silence := time.time() - status.heartbeat) > HEARTBEAT_TIMEOUT:
        return f"The {work} process has not reported for {silence:.0f} s."
    return None


def request_stop(folder: Path) -> None:
    """Ask the worker of a folder to stop; its results so far are kept."""
    with disk_errors(folder):
        (folder / STOP).touch()


def log_tail(folder: Path, lines: int = 20) -> list[str]:
    """The last lines of the output of a worker."""
    try:
        text = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]


def alive(pid: int, created: float) -> bool:
    """Whether this process is running; a reused pid or a zombie does not count."""
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
