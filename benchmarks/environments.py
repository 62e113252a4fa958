"""Virtual environments of the programs that cellseg is compared with, created on first use.

Each is a folder in that of the option `--environments`, by default in the cache of the user; to
create one again, delete its folder.
"""

import argparse
import os
import subprocess
import sys
import venv
from contextlib import suppress
from importlib import metadata
from pathlib import Path

READY = "ready"
"""File in an environment whose installation is complete."""

CPU_TORCH = "https://download.pytorch.org/whl/cpu"

Arguments = tuple[str, ...]
"""Arguments of `pip install`."""


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add the option `--environments DIR`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    default = cache / "cellseg" / "environments"
    parser.add_argument("--environments", type=Path, default=default, metavar="DIR", help="[cache]")


def environment_python(name: str, folder: Path) -> Path:
    """Python interpreter of the environment `stardist` or `cellpose`, created if necessary.

    Raises
    ------
    SystemExit
        Where a package cannot be installed, with the output of pip.
    """
    home = folder.absolute() / name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (home / READY).is_file():
        print(f"Installing {name} into {home}", file=sys.stderr)
        if not python.exists():
            venv.create(home, with_pip=True)
        for alternatives in _steps(name):
            _install(python, alternatives)
        (home / READY).touch()
    return python


def installed_versions(*names: str) -> dict[str, str]:
    """Versions of those of these packages that are installed here."""
    versions = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def _steps(name: str) -> list[list[Arguments]]:
    """Installation steps; in each step the first alternative that works is used.

    StarDist gets the versions of TensorFlow and Keras that cellseg uses. PyTorch is installed
    without CUDA, which has several gigabytes: from the wheels that pip is configured with, else
    from the index of PyTorch. Its dependencies are installed with Cellpose.
    """
    if name == "stardist":
        return [[("stardist==0.9.2", *_tensorflow())]]
    torch = ("--no-deps", "torch")
    return [
        [("--no-index", *torch), ("--index-url", CPU_TORCH, "--retries", "1", *torch)],
        [("cellpose==3.1.1.3",)],
    ]


def _tensorflow() -> Arguments:
    found = installed_versions("tensorflow-cpu", "tensorflow", "keras")
    return tuple(f"{name}=={version}" for name, version in found.items())


def _install(python: Path, alternatives: list[Arguments]) -> None:
    for arguments in alternatives:
        completed = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *arguments], capture_output=True, text=True
        )
        if completed.returncode == 0:
            return
    raise SystemExit(
        f"{completed.stderr[-2000:]}\n{arguments[-1]} could not be installed in "
        f"{python.parent.parent}; "
        "connect to the network or set PIP_FIND_LINKS to a folder of wheels, delete this folder, "
        "and try again."
    )
