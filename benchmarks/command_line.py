"""Run the command line as users do, and measure its time."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
"""Folder of the project."""


def run_cellseg(home: Path, *arguments: str) -> tuple[Any, float]:
    """Run `python -m cellseg` in a workspace; returns its JSON output and its time, seconds."""
    started = time.monotonic()
    completed = subprocess.run(
        [sys.executable, "-m", "cellseg", "--home", str(home), *arguments],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(completed.stdout), time.monotonic() - started


def describe_machine() -> str:
    """Describe this machine: processors, system and version of Python."""
    return f"{os.cpu_count()} processors, {sys.platform}, Python {sys.version.split()[0]}"
