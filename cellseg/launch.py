"""The double-click launchers run this: create .venv, install the requirements, open the app.

It is run by the Python of the system, so it uses the standard library only.
"""

import hashlib
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)
WHEELS = "wheels"
"""Name of a folder next to requirements.txt from which packages are installed offline."""

_STAMP = "installed.txt"


def main() -> int:
    """Prepare the environment and open the app; return the exit code."""
    if reason := unsuitable(sys.version_info[:2], sys.platform, platform.machine(), sys.maxsize):
        return _give_up(reason)
    try:
        python = environment(ROOT)
    except subprocess.CalledProcessError:
        return _give_up(
            "The installation did not finish; the lines above say why. Check the network and the "
            "free disk space, then start again: the installation continues where it stopped."
        )
    except OSError as error:
        return _give_up(f"The folder {ROOT} cannot be used ({error}); move it to your own files.")
    try:
        return subprocess.call([python, "-m", "cellseg", "app"], cwd=ROOT)
    except KeyboardInterrupt:
        return 0


def unsuitable(version: tuple[int, int], system: str, machine: str, maxsize: int) -> str | None:
    """Why a Python cannot run the app, in one sentence; None if it can.

    Parameters
    ----------
    version, system, machine, maxsize : as in `sys` and `platform`.
    """
    found = f"This is Python {version[0]}.{version[1]} for {system} on {machine}"
    if not OLDEST <= version <= NEWEST:
        return f"{found}; cellseg needs Python 3.11, 3.12 or 3.13 from https://www.python.org."
    if maxsize < 2**32:
        return f"{found}, 32 bit; cellseg needs the 64-bit Python from https://www.python.org."
    if system == "darwin" and machine == "x86_64":
        return f"{found}; TensorFlow needs a Mac with Apple silicon and its own Python."
    if system == "win32" and machine != "AMD64":
        return f"{found}; TensorFlow needs the Python for x86-64 (AMD64), which runs here too."
    return None


def environment(root: Path) -> Path:
    """The Python of root/.venv, with everything in requirements.txt installed.

    Nothing is done if requirements.txt has not changed since the last installation. A .venv that
    does not run, such as after its Python was removed, is created again.
    """
    folder = root / ".venv"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    requirements = root / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / _STAMP
    if not _runs(python):
        _say("Installing cellseg: a few minutes and about 2 GB of disk space, only the first time.")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    elif stamp.is_file() and stamp.read_text() == wanted:
        return python
    wheels = root / WHEELS
    source = ["--no-index", "--find-links", str(wheels)] if wheels.is_dir() else []
    install: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        *source,
    ]
    subprocess.run([*install, "-r", requirements], check=True)
    stamp.write_text(wanted)
    return python


def _runs(python: Path) -> bool:
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _give_up(reason: str) -> int:
    _say(reason)
    return 1


def _say(sentence: str) -> None:
    sys.stderr.write(f"\n{sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
