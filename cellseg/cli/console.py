"""Output of the command line: messages and progress to standard error, results to output."""

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

MIN_SECONDS_BETWEEN_LINES = 1.0
"""Minimum seconds between two lines of progress if standard error is not a terminal."""


class Commands(TyperGroup):
    """A group of commands that print errors as one sentence and exit with code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except CellsegError as error:
            say(str(error))
        except KeyboardInterrupt:
            say("Stopped.")
        raise typer.Exit(1)


def say(sentence: str) -> None:
    """Print a message to standard error."""
    typer.echo(sentence, err=True)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines to standard output."""
    for line in lines:
        typer.echo(line)


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what libraries write to standard error while they load; exceptions pass."""
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with open(os.devnull, "wb") as null:
            os.dup2(null.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def print_json(content: Any) -> None:
    """Print the result as JSON, the only text on standard output."""
    typer.echo(json.dumps(content, indent=1, allow_nan=False))


def progress_counter(verb: str) -> Callable[..., None]:
    """A function that prints progress, called with (done, total) and optionally the current item.

    A terminal shows one line that is updated; a log gets at most one line a second.
    """
    terminal = sys.stderr.isatty()
    last = [float("-inf")]

    def report(done: int, total: int, item: str = "") -> None:
        moment = time.monotonic()
        if done < total and moment - last[0] < (0.1 if terminal else MIN_SECONDS_BETWEEN_LINES):
            return
        last[0] = moment
        line = f"{verb} {done} of {total}" + (f": {item}" if item and done < total else "")
        if terminal:
            typer.echo(f"\r\x1b[K{line}", err=True, nl=done >= total)
        else:
            say(line)

    return report
