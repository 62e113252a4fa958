"""Processes that tests start: they hear Ctrl-C, and none outlives its test."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from cellseg import processes


@contextmanager
def hearing_ctrl_c() -> Iterator[None]:
    """What is started meanwhile hears Ctrl-C, even where the tests themselves do not.

    A process inherits that SIGINT is ignored, as `nohup` and the background of a shell script have
    it; a signal with a handler is back at its default.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def ended(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    """The process, which is killed where it still runs at the end of the block."""
    try:
        yield process
    finally:
        with process:  # closes its pipes and waits
            process.kill()


def end_workers(root: Path) -> list[Path]:
    """Kill the workers that still live for a folder below `root`; returns their folders."""
    folders = []
    for path in root.rglob(processes.PROCESS):
        started = json.loads(path.read_text(encoding="utf-8"))
        pid, created = started.get("pid"), started.get("process_created")
        if pid is None or pid == os.getpid() or not processes.alive(pid, created):
            continue
        folders.append(path.parent)
        with suppress(psutil.NoSuchProcess):
            living = psutil.Process(pid)
            living.kill()
            living.wait(30)
    for worker in processes._workers:  # or Python warns of a process that nobody waited for
        worker.poll()
    return folders
