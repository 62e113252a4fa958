"""Questions to a worker in another environment and its answers: one line of JSON each.

Needs nothing but Python, since a worker has not what cellseg has.
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

from benchmarks.command import ROOT

PATIENCE = 20.0
"""Seconds that a worker has to end when nothing is asked any more."""

Commands = dict[str, Callable[..., Any]]
"""What a worker can be asked, by name; the answers become JSON."""


class Worker:
    """A process that answers one question at a time and rests in between.

    module : with a `prepare` for `serve`. settings : given to it.
    facts : what it says of itself when it is ready.
    """

    def __init__(self, python: Path | str, module: str, **settings: Any) -> None:
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [python, "-m", module],
            cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            encoding="utf-8",
        )
        self.facts: dict[str, str] = self._answer(settings)

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
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:  # threads of a training may keep it from ending
            self._process.kill()
            self._process.wait()

    def ask(self, command: str, **words: Any) -> Any:
        """The answer to a question.

        Raises
        ------
        SystemExit
            Where the worker ended; its last words.
        """
        return self._answer({"do": command, **words})

    def _answer(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        try:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._said.seek(0)
            raise SystemExit(self._said.read().decode(errors="replace")[-3000:])
        return json.loads(line)


def serve(prepare: Callable[..., tuple[dict[str, str], Commands]]) -> None:
    """Be a worker: get ready by the first line's settings, then answer until the input ends.

    Whatever else is printed meanwhile goes where errors go.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    facts, commands = prepare(**json.loads(sys.stdin.readline()))
    print(json.dumps(facts), file=answers, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        answer = commands[question.pop("do")](**question)
        print(json.dumps(answer), file=answers, flush=True)
