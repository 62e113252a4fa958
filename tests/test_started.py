"""The helpers that end what tests start."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from cellseg import processes
from cellseg.workspace import write_json
from tests.started import end_workers, ended, hearing_ctrl_c

HEARS = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
WAITS = "import time; time.sleep(600)"


def waiting():
    return subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE)


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX process inherits what it ignores")
def test_a_process_hears_ctrl_c_where_the_tests_do_not():
    def hears():
        return subprocess.check_output([sys.executable, "-c", HEARS], text=True).strip()

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert hears() == "False"
        with hearing_ctrl_c():
            assert hears() == "True"
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_process_ends_with_its_block_though_that_fails():
    with pytest.raises(ZeroDivisionError), ended(waiting()) as process:
        raise ZeroDivisionError
    assert process.returncode not in (None, 0)
    assert process.stdout.closed


def test_workers_below_a_folder_end_and_others_go_on(tmp_path):
    def started(name, process, created=0.0):
        (tmp_path / name).mkdir(parents=True)
        facts = {"pid": process.pid, "process_created": process.create_time() + created}
        write_json(tmp_path / name / processes.PROCESS, facts)

    with ended(waiting()) as mine, ended(waiting()) as other:
        started("a/runs/mine", psutil.Process(mine.pid))
        started("a/runs/number used again", psutil.Process(other.pid), created=-100.0)
        started("a/runs/these tests", psutil.Process(os.getpid()))
        started("b/runs/other", psutil.Process(other.pid))
        assert end_workers(tmp_path / "a") == [tmp_path / "a/runs/mine"]
        assert not psutil.pid_exists(mine.pid)
        assert other.poll() is None
