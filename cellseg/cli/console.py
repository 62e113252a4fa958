"""What the command line says: progress and sentences to standard error, results to output."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from cellseg.errors import CellsegError

PAUSE = 1.0
"""Least seconds between two lines of progress where the output is not a terminal."""


class Commands(TyperGroup):
    """A group whose commands fail in one sentence and with the exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the words name."""
        try:
            return super().invoke(ctx)
        except CellsegError as error:
            say(str(error))
        except KeyboardInterrupt:
            say("Stopped.")
        raise typer.Exit(1)


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    typer.echo(sentence, err=True)


def show(lines: Iterable[str]) -> None:
    """The outcome in words, on standard output."""
    for line in lines:
        typer.echo(line)


@contextmanager
def hushed() -> Iterator[None]:
    """Silence what libraries write to standard error while they load; exceptions pass."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def result(content: Any) -> None:
    """The outcome as JSON, alone on standard output."""
    typer.echo(json.dumps(content, indent=1, allow_nan=False))


def counter(verb: str) -> Callable[..., None]:
    """A progress report: called with (done, in all) and, if known, what is being done.

    A terminal sees one line that changes; a log sees a line a second at most.
    """
    terminal = sys.stderr.isatty()
    last = [float("-inf")]

    def report(done: int, total: int, what: str = "") -> None:
        moment = time.monotonic()
        if done < total and moment - last[0] < (0.1 if terminal else PAUSE):
            return
        last[0] = moment
        line = f"{verb} {done} of {total}" + (f": {what}" if what and done < total else "")
        if terminal:
            typer.echo(f"\r\x1b[K{line}", err=True, nl=done >= total)
        else:
            say(line)

    return report
