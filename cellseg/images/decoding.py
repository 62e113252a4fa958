"""Decode files that users brought in a process of their own: a crash or hang costs one sentence."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import cellseg
from cellseg.errors import CellsegError
from cellseg.images.image import Image

TIMEOUT = 30.0
"""Seconds after which a file counts as one that hangs the reader."""

START_TIMEOUT = 60.0
"""Seconds more for the first file of a child, which must load its libraries."""


class Decoder:
    """Reads many files through one child process; a child that dies is replaced by the next call.

    Used as a context manager; not by two threads at once.

    Parameters
    ----------
    timeout : seconds for one file.
    """

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._folder = tempfile.TemporaryDirectory(prefix="cellseg-", ignore_cleanup_errors=True)
        self._child: _Child | None = None

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None
        self._folder.cleanup()

    def image(self, path: Path | str, name: str | None = None) -> Image:
        """Read a picture; parameters and errors as `cellseg.images.reading.read_image`.

        Raises
        ------
        CellsegError
            Also where reading it crashes or takes longer than the time limit.
        """
        answer, pixels = self._decoded(Path(path), name or Path(path).name, mask=False)
        return Image(pixels, answer["axes"])

    def mask(self, path: Path | str, name: str | None = None) -> np.ndarray:
        """Read a mask; as `image`, and as `cellseg.images.reading.read_mask`."""
        return self._decoded(Path(path), name or Path(path).name, mask=True)[1]

    def _decoded(self, path: Path, name: str, mask: bool) -> tuple[Any, np.ndarray]:
        target = Path(self._folder.name) / "pixels.npy"
        limit = self._timeout
        if self._child is not None and self._child.dead:
            self._replace()
        if self._child is None:
            self._child = _Child()
            limit += START_TIMEOUT
        request = {"path": str(path.absolute()), "name": name, "mask": mask, "target": str(target)}
        try:
            answer = self._child.ask(request, limit)
        except TimeoutError:
            self._replace()
            raise CellsegError(
                f"{name} could not be read within {self._timeout:g} s; it is damaged or too large; "
                "open it in the program that made it and save it again."
            ) from None
        except EOFError:
            self._replace()
            raise CellsegError(
                f"{name} made the reader crash; it is damaged or of an unusual kind; open it in "
                "the program that made it and save it again."
            ) from None
        if "error" in answer:
            raise CellsegError(answer["error"])
        pixels = np.load(target, allow_pickle=False)
        target.unlink()
        return answer, pixels

    def _replace(self) -> None:
        if self._child is not None:
            self._child.kill()
        self._child = None


class _Child:
    """The process, with a thread that collects its answers."""

    def __init__(self) -> None:
        root = str(Path(cellseg.__file__).parent.parent)
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cellseg.images.decoder"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Safe path: nothing is imported from the folder that the user happens to be in.
            env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"},
            creationflags=flags,
            text=True,
            encoding="utf-8",
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    @property
    def dead(self) -> bool:
        """Whether it ended by itself."""
        return self._process.poll() is not None

    def ask(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        """Send a request and wait for its answer; TimeoutError or EOFError where none comes."""
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
        """Let it finish by closing its input."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
        self._close()

    def kill(self) -> None:
        """End it at once."""
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
