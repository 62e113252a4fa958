"""The child process that decodes files, seen from its parent: one line per request and answer."""

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import cellseg
from cellseg.images.size_limits import VARIABLE


class DecoderProcess:
    """A child process, with a thread that collects its answers."""

    def __init__(self, module: str, max_pixels: int | None) -> None:
        self.kind = (module, max_pixels)
        root = str(Path(cellseg.__file__).parent.parent)
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        limit = {} if max_pixels is None else {VARIABLE: str(max_pixels)}
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Safe path: no module is imported from the current folder.
            env={
                **os.environ,
                "PYTHONPATH": path,
                "PYTHONSAFEPATH": "1",
                "PYTHONUTF8": "1",
                **limit,
            },
            creationflags=flags,
            text=True,
            encoding="utf-8",
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def ask(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Parameters
        ----------
        limit : in seconds.

        Raises
        ------
        TimeoutError
            Where no answer comes in time.
        EOFError
            Where the process has ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise EOFError from None
        try:
            line = self._answers.get(timeout=limit)
        except queue.Empty:
            raise TimeoutError from None
        if not line:
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """End the process by closing its input."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
        self._close()

    def kill(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._close()

    def _close(self) -> None:
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue

    def _collect(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")


class SpareProcess:
    """At most one idle process, which saves the next decoder the start-up time.

    It ends with the process that owns it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: DecoderProcess | None = None
        atexit.register(self.end)

    def take(self, module: str, max_pixels: int | None) -> DecoderProcess | None:
        """The idle process, if it runs this module with this limit and is alive."""
        with self._lock:
            child = self._child
            if child is None or child.kind != (module, max_pixels):
                return None
            self._child = None
        if child.has_ended:
            child.kill()
            return None
        return child

    def give(self, child: DecoderProcess) -> None:
        """Keep a process idle; an earlier idle process ends."""
        with self._lock:
            before, self._child = self._child, child
        if before is not None:
            before.end()

    def end(self) -> None:
        """End the idle process."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()
