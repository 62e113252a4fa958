import json
import os

import pytest
import typer
from typer.testing import CliRunner

from cellseg.cli import console
from cellseg.errors import CellsegError


def failing_with(error):
    app = typer.Typer(cls=console.Commands, pretty_exceptions_enable=False)

    @app.callback()
    def common():
        """A callback makes the single command a word of its own."""

    @app.command()
    def run():
        raise error

    return CliRunner().invoke(app, ["run"])


def test_an_error_is_one_sentence_and_exit_code_1():
    outcome = failing_with(CellsegError("No image was found; give a folder with images."))
    assert outcome.exit_code == 1
    assert outcome.stderr == "No image was found; give a folder with images.\n"
    assert outcome.stdout == ""


def test_ctrl_c_is_exit_code_1():
    outcome = failing_with(KeyboardInterrupt())
    assert outcome.exit_code == 1
    assert outcome.stderr == "Stopped.\n"


def test_results_are_json_in_ascii_that_any_terminal_can_show(capsys):
    console.print_json({"name": "Müller"})
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert json.loads(shown) == {"name": "Müller"}


def test_a_number_that_json_does_not_have_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        console.print_json({"iou": float("nan")})


def test_a_log_sees_the_first_and_the_last_step(capsys, monkeypatch):
    monkeypatch.setattr(console, "MIN_SECONDS_BETWEEN_LINES", 3600.0)
    report = console.progress_counter("Reading")
    for done in range(5):
        report(done, 5, f"{done}.png")
    report(5, 5)
    assert capsys.readouterr().err == "Reading 0 of 5: 0.png\nReading 5 of 5\n"


def test_output_of_a_library_while_it_loads_is_discarded(capfd):
    with console.quiet_stderr():
        os.write(2, b"custom operations are on")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_standard_error_comes_back_after_a_failure(capfd):
    with pytest.raises(ImportError), console.quiet_stderr():
        raise ImportError("no such library")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
