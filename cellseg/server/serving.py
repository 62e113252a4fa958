"""Start the server of the app, and open a browser if there is a screen."""

import os
import runpy
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path

import cellseg
from cellseg.errors import CellsegError
from cellseg.server import hosts, latency
from cellseg.workspace import HOME_VARIABLE, Workspace

PORTS = range(8501, 8601)
"""Tried in this order if no port is given."""

LOCAL = "127.0.0.1"
START_SECONDS = 60.0
_ROOT = Path(cellseg.__file__).parent.parent


def serve(
    workspace: Workspace,
    port: int | None,
    address: str | None,
    browser: bool,
    *,
    open_to_network: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the app until the process is stopped.

    Parameters
    ----------
    port : to listen on; None takes the first free one from 8501.
    address : to listen on; None keeps to this machine.
    browser : whether to open one as soon as the server answers.
    open_to_network : must be true where others can reach the address.
    say : tells the person who starts it who can then do what.

    Raises
    ------
    CellsegError
        Where the project's files are not beside the package, no port is free, or others could
        reach the address and this was not asked for.
    """
    script = _ROOT / "streamlit_server.py"
    if not script.is_file():
        raise CellsegError(
            f"The files of the app are not in {_ROOT}; start it from the folder of cellseg."
        )
    address = address or LOCAL
    network = not hosts.is_loopback(address)
    if network and not open_to_network:
        raise CellsegError(
            f"Others could reach the app at the address {address}, and it has no password; add "
            "--open-to-network if that is meant, or leave --address out."
        )
    port = port or _free_port(address)
    os.environ[HOME_VARIABLE] = str(workspace.root)
    names = hosts.allowed_hosts(network)
    os.environ[hosts.VARIABLE] = " ".join(names)
    if network:
        say(
            f"Everyone who reaches port {port} of this machine over the network can see, train, "
            "download and delete everything in this workspace; there is no password. It answers "
            f"under these names: {', '.join(names)}."
        )
    latency.answer_at_once()
    os.chdir(_ROOT)  # where Streamlit finds .streamlit/config.toml
    sys.argv = [
        *("streamlit", "run", str(script)),
        *("--server.port", str(port), "--server.address", address, "--server.headless", "true"),
    ]
    if browser:
        seen_as = LOCAL if address in ("0.0.0.0", "::") else address
        opener = threading.Thread(target=_open_browser, args=(seen_as, port), daemon=True)
        opener.start()
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def screen_likely() -> bool:
    """Whether the person who typed the command can see a browser window."""
    if os.environ.get("CI") or os.environ.get("SSH_CONNECTION"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _free_port(address: str) -> int:
    for port in PORTS:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as probe:
            if sys.platform != "win32":  # elsewhere a port just closed would count as taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    raise CellsegError(
        f"No port from {PORTS[0]} to {PORTS[-1]} is free at {address}; choose one with --port."
    )


def _open_browser(host: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            webbrowser.open(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
            return
