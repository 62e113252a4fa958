import json
import os
import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from cellseg import processes
from cellseg.errors import CellsegError
from cellseg.training.runs import (
    RunStore,
    Status,
    write_config,
)
from cellseg.training.status import MetricsFile, RunStatusWriter
from cellseg.workspace import read_json, write_json
from tests import made


def make_run(workspace, run_id="20260101-000000-cells", age=0.0, **status):
    folder = workspace.runs / run_id
    folder.mkdir(parents=True)
    created = datetime.now(UTC) - timedelta(seconds=age)
    write_config(folder, made.run_config(model_name="cells", created=created))
    if status:
        me = psutil.Process()
        facts = {"pid": me.pid, "process_created": me.create_time(), "heartbeat": time.time()}
        write_json(folder / "status.json", {**facts, **status})
    return RunStore(workspace).get(run_id)


def test_a_run_without_a_status_is_starting(workspace):
    progress = make_run(workspace).progress()
    assert progress.state == "starting"
    assert progress.epochs == 40
    assert not progress.ended


def test_a_run_that_never_writes_a_status_is_interrupted_after_a_minute(workspace):
    assert make_run(workspace, age=61).progress().state == "interrupted"


def test_a_worker_that_ends_before_its_first_status_is_interrupted_at_once(workspace):
    run = make_run(workspace)
    write_json(run.folder / "process.json", {"pid": os.getpid(), "process_created": 1.0})
    assert run.progress().state == "interrupted"


def test_a_run_with_recent_heartbeats_is_running(workspace):
    run = make_run(workspace, state="running", epoch=3, step=5, steps=9, remaining_s=7.5)
    progress = run.progress()
    assert (progress.state, progress.epoch, progress.step) == ("running", 3, 5)
    assert RunStore(workspace).active().id == run.id


def test_a_run_without_a_heartbeat_for_a_minute_is_interrupted_until_the_next_one(workspace):
    run = make_run(workspace, state="running", heartbeat=time.time() - 61)
    assert run.progress().state == "interrupted"
    assert "not reported for 61 s" in run.progress().message
    beat = {**read_json(run.folder / "status.json"), "heartbeat": time.time()}
    write_json(run.folder / "status.json", beat)
    assert run.progress().state == "running"


def test_a_run_is_interrupted_if_the_pid_of_its_worker_is_reused(workspace):
    run = make_run(workspace, state="running", process_created=psutil.Process().create_time() - 99)
    assert run.progress().state == "interrupted"
    assert RunStore(workspace).active() is None


def test_a_final_state_does_not_change(workspace):
    run = make_run(workspace, state="finished", heartbeat=0.0, model_id="cells")
    assert run.progress().state == "finished"
    assert run.progress().model_id == "cells"


def test_an_incomplete_line_of_the_metrics_is_left_out(workspace):
    run = make_run(workspace)
    assert run.metrics() == []
    MetricsFile(run.folder).append({"epoch": 1, "loss": 0.5, "val_loss": float("nan")})
    with (run.folder / "metrics.jsonl").open("a") as stream:
        stream.write('{"epoch": 2, "lo')
    assert run.metrics() == [{"epoch": 1, "loss": 0.5, "val_loss": None}]


def test_damaged_folders_are_not_listed_as_runs(workspace):
    good = make_run(workspace)
    (workspace.runs / "empty").mkdir()
    broken = workspace.runs / "broken"
    broken.mkdir()
    (broken / "run.json").write_text(json.dumps({"model_name": "x"}))
    assert [run.id for run in RunStore(workspace).all()] == [good.id]
    with pytest.raises(CellsegError, match="no training run broken"):
        RunStore(workspace).get("broken")


def test_a_run_that_is_training_cannot_be_deleted(workspace):
    run = make_run(workspace, state="running")
    with pytest.raises(CellsegError, match="still training"):
        RunStore(workspace).delete(run)
    ended = make_run(workspace, "other", state="failed", message="m")
    RunStore(workspace).delete(ended)
    assert [run.id for run in RunStore(workspace).all()] == [run.id]


def test_the_tail_of_the_log_is_its_last_lines(workspace):
    run = make_run(workspace)
    assert run.log_tail() == []
    run.log.write_text("a\nb\nc\n")
    assert run.log_tail(2) == ["b", "c"]


def test_heartbeats_are_written_until_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "HEARTBEAT_INTERVAL", 0.02)
    writer = RunStatusWriter(tmp_path)
    writer.update(epoch=2)
    deadline = time.monotonic() + 10
    while read_json(tmp_path / "status.json")["epoch"] != 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    writer.end("finished", model_id="m")
    last = Status.model_validate(read_json(tmp_path / "status.json"))
    assert (last.state, last.model_id, last.pid) == ("finished", "m", os.getpid())
    time.sleep(0.1)
    assert Status.model_validate(read_json(tmp_path / "status.json")) == last
