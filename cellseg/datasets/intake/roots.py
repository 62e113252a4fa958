"""Folders of the server that anybody may import from: those below the operator's roots."""

import os
import stat
from pathlib import Path

from cellseg.errors import CellsegError
from cellseg.limits import ROOTS_VARIABLE, Limits
from cellseg.source import Source

LISTED = 500
"""So many folders are offered by name; every other one can be typed."""

_DEEPEST = 3


def allowed(folder: Path | str, limits: Limits) -> Path:
    """The folder, with every link resolved, if it lies below a root.

    Raises
    ------
    CellsegError
        Where no root is set, or the folder is missing or lies outside of all roots.
    """
    roots = _roots(limits)
    if not roots:
        raise CellsegError(
            "No folder of the server is open for import; the operator opens one with "
            f"{ROOTS_VARIABLE} or with `import_roots` in limits.json."
        )
    wanted = Path(folder).expanduser()
    if not wanted.is_absolute():
        wanted = roots[0] / wanted
    real = Path(os.path.realpath(wanted))
    if not any(real == root or root in real.parents for root in roots):
        raise CellsegError(
            f"{folder} is not below a folder that is open for import; choose one below "
            f"{' or '.join(str(root) for root in roots)}."
        )
    if not real.is_dir():
        raise CellsegError(f"{folder} is no folder on the server; check its name.")
    return real


def files_below(folder: Path | str, limits: Limits) -> list[Source]:
    """The plain files below a folder, by their names in it; links are not followed.

    Raises
    ------
    CellsegError
        As `allowed`; and where there are more files than a zip may hold.
    """
    top = allowed(folder, limits)
    found = []
    for parent, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if stat.S_ISREG(path.lstat().st_mode):
                found.append(Source(f"{top.name}/{path.relative_to(top).as_posix()}", path))
        if len(found) > limits.zip_files:
            raise CellsegError(
                f"{folder} holds more than {limits.zip_files} files; choose a folder with fewer."
            )
    return found


def choices(limits: Limits) -> list[Path]:
    """Folders to offer by name: the roots and what lies up to three levels below, sorted."""
    found: list[Path] = []
    for root in _roots(limits):
        for parent, folders, _ in os.walk(root):
            here = Path(parent)
            found.append(here)
            depth = len(here.relative_to(root).parts)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if depth >= _DEEPEST:
                folders.clear()
            if len(found) >= LISTED:
                return found
    return found


def _roots(limits: Limits) -> list[Path]:
    return [Path(os.path.realpath(root.expanduser())) for root in limits.import_roots]
