"""Virtual environments of the programs that cellseg is compared with, made when first asked for.

Each lies in a folder of its own below the one that `--environments` names, by default in the
user's cache, and is used again the next time; to make one anew, delete its folder.
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
"""The file that says that nothing is left to install."""

CPU_TORCH = "https://download.pytorch.org/whl/cpu"

Words = tuple[str, ...]
"""What follows `pip install`."""


def add_option(parser: argparse.ArgumentParser) -> None:
    """`--environments DIR`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    default = cache / "cellseg" / "environments"
    parser.add_argument("--environments", type=Path, default=default, metavar="DIR", help="[cache]")


def python_of(name: str, folder: Path) -> Path:
    """The interpreter of the environment `stardist` or `cellpose`, installed if need be.

    Raises
    ------
    SystemExit
        Where something cannot be installed: pip's last words, and what to do.
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


def versions(*names: str) -> dict[str, str]:
    """The versions of those of these packages that this environment has."""
    found = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _steps(name: str) -> list[list[Words]]:
    """What to install, one after the other; each step by the first way that works.

    StarDist gets the TensorFlow and Keras that cellseg runs on. Torch comes without CUDA, which
    is several gigabytes: from a folder of wheels that pip is set up with, else from PyTorch's
    own index. What torch needs comes along with Cellpose.
    """
    if name == "stardist":
        return [[("stardist==0.9.2", *_engine())]]
    bare = ("--no-deps", "torch")
    return [
        [("--no-index", *bare), ("--index-url", CPU_TORCH, "--retries", "1", *bare)],
        [("cellpose==3.1.1.3",)],
    ]


def _engine() -> Words:
    found = versions("tensorflow-cpu", "tensorflow", "keras")
    return tuple(f"{name}=={version}" for name, version in found.items())


def _install(python: Path, alternatives: list[Words]) -> None:
    for words in alternatives:
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *words], capture_output=True, text=True
        )
        if done.returncode == 0:
            return
    raise SystemExit(
        f"{done.stderr[-2000:]}\n{words[-1]} could not be installed into {python.parent.parent}; "
        "connect to the network or name a folder of wheels in PIP_FIND_LINKS, delete this folder, "
        "and try again."
    )
