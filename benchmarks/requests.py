"""Milliseconds of a request to the app: `python -m benchmarks.requests`.

The app as `python -m cellseg app` starts it, and the same pages as `streamlit run` starts them,
whose socket has no TCP_NODELAY; in turn, on one connection each.
"""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory

from benchmarks.command_line import ROOT

ROUNDS, REQUESTS = 5, 40
START_SECONDS = 60.0


def main() -> None:
    """Start both servers, ask them in turn, print the median of each round's medians."""
    with TemporaryDirectory() as home, ExitStack() as held:
        ports = {
            "cellseg app": held.enter_context(_served(_app, home)),
            "streamlit run": held.enter_context(_served(_streamlit, home)),
        }
        medians: dict[str, list[float]] = {name: [] for name in ports}
        for _ in range(ROUNDS):
            for name, port in ports.items():
                medians[name].append(_milliseconds(port))
    for name, values in medians.items():
        print(f"{name}: {statistics.median(values):.2f} ms a request, median of {ROUNDS} rounds")


def _app(port: int) -> list[str]:
    return ["-m", "cellseg", "app", "--no-browser", "--port", str(port)]


def _streamlit(port: int) -> list[str]:
    return ["-m", "streamlit", "run", "streamlit_server.py", "--server.port", str(port)]


@contextmanager
def _served(words: Callable[[int], list[str]], home: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *words(port)]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "CELLSEG_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def _milliseconds(port: int) -> float:
    """Median time of a request on a connection that stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    spent = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection.request("GET", "/_stcore/health")
        connection.getresponse().read()
        spent.append(1000 * (time.perf_counter() - began))
    connection.close()
    return statistics.median(spent)


if __name__ == "__main__":
    main()
