"""A worker's folder as its reader finds it; training and batches have tests of their own."""

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


def word(silence=0.0, **changes):
    me = psutil.Process()
    facts = {"state": "running", "pid": me.pid, "process_created": me.create_time()}
    return WorkerStatus(**{**facts, "heartbeat": time.time() - silence, **changes})


def test_a_living_process_that_beats_is_not_lost():
    assert processes.lost(word(), "batch") is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"process_created": 1.0}, "The batch process is gone."),
        ({"silence": 3600}, "The batch process has been silent for 36"),
    ],
)
def test_a_lost_process_is_one_sentence(changes, sentence):
    assert processes.lost(word(**changes), "batch").startswith(sentence)


def test_work_asked_for_long_ago_is_waited_for_only_after_a_new_start(tmp_path):
    assert "never said anything" in processes.never_began(tmp_path, LONG_AGO, "batch")
    write_json(tmp_path / processes.STARTED, {"asked": time.time()})
    assert processes.never_began(tmp_path, LONG_AGO, "batch") is None
    assert processes.never_began(tmp_path, NOW, "batch") is None


def test_a_start_forgets_the_last_word_and_the_request_to_stop(tmp_path):
    StatusWriter(tmp_path, WorkerStatus).end("stopped")
    processes.request_stop(tmp_path)
    processes.start("cellseg.errors", tmp_path)  # a module that does nothing
    assert not (tmp_path / processes.STATUS).exists()
    assert not (tmp_path / processes.STOP).exists()
    started = read_json(tmp_path / processes.STARTED)
    assert started["pid"] != os.getpid()
    for worker in processes._workers:
        worker.wait(30)
    assert "before it said anything" in processes.never_began(tmp_path, NOW, "batch")


def test_the_last_word_stays_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "HEARTBEAT", 0.02)
    speaker = StatusWriter(tmp_path, WorkerStatus)
    speaker.say("Reading", remaining_s=3.0)
    assert read_json(tmp_path / processes.STATUS)["phase"] == "Reading"
    speaker.end("done", message="All is well.")
    last = read_json(tmp_path / processes.STATUS)
    assert (last["state"], last["remaining_s"], last["message"]) == ("done", None, "All is well.")
    time.sleep(0.1)
    assert read_json(tmp_path / processes.STATUS) == last
