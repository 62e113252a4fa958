import os
import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from cellseg.errors import CellsegError
from cellseg.server import hosts, serving
from cellseg.workspace import Workspace


@pytest.fixture
def port():
    """A port of this machine that somebody listens on."""
    with socket.socket() as listener:
        listener.bind((serving.LOCAL, 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def started(monkeypatch, tmp_path):
    """What Streamlit would be started with: its words, and the folder it would run in."""
    seen: dict[str, Any] = {}

    def run_module(name, **_):
        seen.update(name=name, words=sys.argv, folder=os.getcwd())

    monkeypatch.setattr(serving.runpy, "run_module", run_module)
    monkeypatch.setattr(sys, "argv", ["cellseg"])
    monkeypatch.setenv("CELLSEG_HOME", "elsewhere")
    monkeypatch.setenv(hosts.VARIABLE, "")
    monkeypatch.setattr(serving.latency, "answer_at_once", lambda: True)
    monkeypatch.chdir(tmp_path)
    return seen


def option(words, name):
    return words[words.index(name) + 1]


def test_the_app_is_served_from_the_project_to_this_machine_only(started, tmp_path):
    serving.serve(Workspace("home"), 8700, None, browser=False)
    assert started["name"] == "streamlit"
    assert started["words"][1] == "run"
    assert os.path.isfile(os.path.join(started["folder"], ".streamlit", "config.toml"))
    assert option(started["words"], "--server.address") == "127.0.0.1"
    assert option(started["words"], "--server.port") == "8700"
    assert os.environ["CELLSEG_HOME"] == str(tmp_path / "home")


def test_an_address_that_others_reach_must_be_asked_for(started):
    with pytest.raises(CellsegError, match="--open-to-network"):
        serving.serve(Workspace("home"), 8700, "0.0.0.0", browser=False)
    assert not started


def test_who_can_do_what_over_the_network_is_said(started, monkeypatch):
    monkeypatch.setattr(hosts.socket, "gethostname", lambda: "Lab-7.example.org")
    address = SimpleNamespace(family=socket.AF_INET, address="10.1.2.3")
    monkeypatch.setattr(hosts.psutil, "net_if_addrs", lambda: {"eth0": [address]})
    monkeypatch.setenv(hosts.VARIABLE, "cells.example.org, other")
    said: list[str] = []
    home = Workspace("home")
    serving.serve(home, 8700, "0.0.0.0", browser=False, open_to_network=True, say=said.append)
    [sentence] = said
    assert "can see, train, download and delete everything" in sentence
    names = os.environ[hosts.VARIABLE].split()
    assert names == [
        *("localhost", "127.0.0.1", "::1", "lab-7.example.org", "lab-7.local", "10.1.2.3"),
        *("cells.example.org", "other"),
    ]


def test_on_this_machine_alone_only_its_local_names_count(started):
    serving.serve(Workspace("home"), 8700, None, browser=False)
    assert os.environ[hosts.VARIABLE].split() == ["localhost", "127.0.0.1", "::1"]


def test_the_first_free_port_is_taken(started, monkeypatch, port):
    monkeypatch.setattr(serving, "PORTS", [port, 8711])
    serving.serve(Workspace("home"), None, None, browser=False)
    assert option(started["words"], "--server.port") == "8711"


def test_no_free_port_is_an_error(started, monkeypatch, port):
    monkeypatch.setattr(serving, "PORTS", [port])
    with pytest.raises(CellsegError, match="choose one with --port"):
        serving.serve(Workspace("home"), None, None, browser=False)


def test_without_the_pages_the_error_says_where_to_start(started, monkeypatch, tmp_path):
    monkeypatch.setattr(serving, "_ROOT", tmp_path)
    with pytest.raises(CellsegError, match="folder of cellseg"):
        serving.serve(Workspace("home"), None, None, browser=False)


def test_the_browser_opens_once_the_server_answers(monkeypatch, port):
    opened: list[str] = []
    monkeypatch.setattr(serving.webbrowser, "open", opened.append)
    serving._open_browser("127.0.0.1", port)
    assert opened == [f"http://127.0.0.1:{port}"]


@pytest.mark.parametrize(
    ("system", "environment", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ":10", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, False),
        ("linux", {"DISPLAY": ":0", "CI": "true"}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_where_a_browser_would_be_seen(monkeypatch, system, environment, expected):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(serving.sys, "platform", system)
    assert serving.screen_likely() is expected
