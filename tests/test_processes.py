"""Status of a worker as readers see it; trainings and batches have tests of their own."""

import os
import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from cellseg import processes
from cellseg.processes import StatusWriter, WorkerStatus
from cellseg.workspace import read_json, write_json

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=1)


def status(silence=0.0, **changes):
    me = psutil.Process()
    facts = {"state": "running", "pid": me.pid, "process_created": me.create_time()}
    return WorkerStatus(**{**facts, "heartbeat": time.time() - silence, **changes})


def test_a_running_process_with_a_recent_heartbeat_has_no_problem():
    assert processes.heartbeat_problem(status(), "batch") is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"process_created": 1.0}, "The batch process is not running any more."),
        ({"silence": 3600}, "The batch process has not reported for 36"),
    ],
)
def test_an_interrupted_process_is_explained_in_one_sentence(changes, sentence):
    assert processes.heartbeat_problem(status(**changes), "batch").startswith(sentence)


def test_old_work_has_time_to_start_only_after_a_restart(tmp_path):
    assert "never reported a status" in processes.start_problem(tmp_path, LONG_AGO, "batch")
    write_json(tmp_path / processes.PROCESS, {"asked": time.time()})
    assert processes.start_problem(tmp_path, LONG_AGO, "batch") is None
    assert processes.start_problem(tmp_path, NOW, "batch") is None


def test_a_start_deletes_the_last_status_and_the_request_to_stop(tmp_path):
    StatusWriter(tmp_path, WorkerStatus).end("stopped")
    processes.request_stop(tmp_path)
    processes.start("cellseg.errors", tmp_path)  # a module that does nothing
    assert not (tmp_path / processes.STATUS).exists()
    assert not (tmp_path / processes.STOP).exists()
    started = read_json(tmp_path / processes.PROCESS)
    assert started["pid"] != os.getpid()
    for worker in processes._workers:
        worker.wait(30)
    assert "before it reported a status" in processes.start_problem(tmp_path, NOW, "batch")


def test_nothing_is_written_after_the_last_status(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "HEARTBEAT_INTERVAL", 0.02)
    writer = StatusWriter(tmp_path, WorkerStatus)
    writer.set_phase("Reading", remaining_s=3.0)
    assert read_json(tmp_path / processes.STATUS)["phase"] == "Reading"
    writer.end("done", message="All done.")
    last = read_json(tmp_path / processes.STATUS)
    assert (last["state"], last["remaining_s"], last["message"]) == (
        "done",
        None,
        "All done.",
    )
    time.sleep(0.1)
    assert read_json(tmp_path / processes.STATUS) == last
