"""The command line as a user runs it, timed."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def cellseg(home: Path, *arguments: str) -> tuple[Any, float]:
    """Run `python -m cellseg` in a workspace; its JSON and its wall time in seconds."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "cellseg", "--home", str(home), *arguments],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout), time.monotonic() - began


def machine() -> str:
    """The processors that the figures depend on, in words."""
    return f"{os.cpu_count()} processors, {sys.platform}, Python {sys.version.split()[0]}"
