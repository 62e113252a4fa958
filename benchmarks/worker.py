"""Worker processes in other Python environments: requests and responses are lines of JSON.

This module needs only Python, since the environment of a worker lacks cellseg.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.command_line import ROOT

EXIT_TIMEOUT = 20.0
"""Seconds that a worker has to exit after its input is closed."""

Commands = dict[str, Callable[..., Any]]
"""Functions that a worker offers, by name; their results become JSON."""


class Worker:
    """A process that handles one request at a time and is idle in between.

    facts : about the worker, such as versions of packages.

    Parameters
    ----------
    python : interpreter of its environment.
    module : to run; calls `serve`.
    settings : arguments of its function `prepare`.
    """

    def __init__(self, python: Path | str, module: str, **settings: Any) -> None:
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [python, "-m", module],
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
        )
        self.facts: dict[str, str] = self._send(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:  # threads of a training can keep it running
            self._process.kill()
            self._process.wait()

    def call(self, command: str, **arguments: Any) -> Any:
        """Call a function of the worker.

        Raises
        ------
        SystemExit
            Where the worker ended, with the end of its error output.
        """
        return self._send({"do": command, **arguments})

    def _send(self, request: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._errors.seek(0)
            raise SystemExit(self._errors.read().decode(errors="replace")[-3000:])
        return json.loads(line)


def serve(prepare: Callable[..., tuple[dict[str, str], Commands]]) -> None:
    """Run as a worker: prepare with the settings in the first line, then handle requests.

    All other output is redirected to the error output.

    Parameters
    ----------
    prepare : returns facts and functions of the worker.
    """
    responses = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    facts, commands = prepare(**json.loads(sys.stdin.readline()))
    print(json.dumps(facts), file=responses, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        response = commands[request.pop("do")](**request)
        print(json.dumps(response), file=responses, flush=True)
