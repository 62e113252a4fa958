import pytest

from cellseg.errors import CellsegError
from cellseg.training import following
from cellseg.training.runs import Progress, Run
from tests import made


def progress_of(state="running", *, phase="", message=None, model_id=None):
    return Progress(state, phase, 0, 3, 0, 0, None, message, model_id, None)


class ScriptedRun(Run):
    """A run whose progress follows a script, one step at each reading; exceptions are raised."""

    def __init__(self, folder, *script, rows=()):
        super().__init__(folder, made.run_config(model_name="cells"))
        self._script = list(script)
        self._rows = list(rows)

    def progress(self):
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(step, BaseException):
            raise step
        return step

    def metrics(self):
        return self._rows

    def log_tail(self, lines=20):
        return ["ResourceExhausted: no memory"]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(following, "POLL_INTERVAL", 0.0)
    monkeypatch.setattr(following, "RESUME_TIMEOUT", 0.05)


def test_each_phase_and_each_epoch_is_printed_once(tmp_path):
    rows = [
        {"epoch": 1, "loss": 0.5, "iou": 0.25, "val_iou": None},
        {"epoch": 2, "loss": 0.4, "iou": 0.5, "val_iou": 0.125},
    ]
    run = ScriptedRun(
        tmp_path,
        progress_of(phase="Reading images, 1 of 2"),
        progress_of(phase="Reading images, 2 of 2"),
        progress_of(phase="Training"),
        progress_of("finished", model_id="cells"),
        rows=rows,
    )
    lines: list[str] = []
    assert following.follow(run, lines.append) == "cells"
    assert lines == [
        "Epoch 1 of 3, loss 0.500, IoU 0.250",
        "Epoch 2 of 3, loss 0.400, IoU 0.500, test IoU 0.125",
        "Reading images",
        "Training",
    ]


def test_a_failed_run_prints_its_log_and_raises_its_message(tmp_path):
    lines: list[str] = []
    with pytest.raises(CellsegError, match=r"The machine's memory is full\."):
        following.follow(
            ScriptedRun(tmp_path, progress_of("failed", message="The machine's memory is full.")),
            lines.append,
        )
    assert lines == ["  ResourceExhausted: no memory"]


def test_an_interrupted_worker_that_resumes_is_followed(tmp_path):
    run = ScriptedRun(
        tmp_path,
        progress_of("interrupted"),
        progress_of("running"),
        progress_of("finished", model_id="cells"),
    )
    assert following.follow(run, lambda _: None) == "cells"


def test_an_interrupted_worker_that_does_not_resume_is_an_error(tmp_path):
    run = ScriptedRun(
        tmp_path,
        progress_of("interrupted", message="The training process is not running any more."),
    )
    with pytest.raises(CellsegError, match="not running"):
        following.follow(run, lambda _: None)


def test_ctrl_c_stops_the_training_and_waits_for_the_model(tmp_path):
    run = ScriptedRun(
        tmp_path,
        progress_of(),
        KeyboardInterrupt(),
        progress_of(),
        progress_of("stopped", model_id="cells"),
    )
    lines: list[str] = []
    assert following.follow(run, lines.append) == "cells"
    assert run.stop_file.exists()
    assert "the model trained so far is saved" in lines[-1]


def test_a_second_ctrl_c_returns_without_waiting(tmp_path):
    run = ScriptedRun(tmp_path, progress_of(), KeyboardInterrupt(), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        following.follow(run, lambda _: None)


def test_a_run_stopped_before_the_first_step_has_no_model(tmp_path):
    lines: list[str] = []
    run = ScriptedRun(tmp_path, progress_of("stopped", message="Stopped before the first step."))
    assert following.follow(run, lines.append) is None
    assert lines == ["Stopped before the first step."]
