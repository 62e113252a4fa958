"""Folders of the server from which anybody may import: below the roots the operator opened."""

import os
import stat
from pathlib import Path

from cellseg.errors import CellsegError
from cellseg.limits import ROOTS_VARIABLE, Limits
from cellseg.source import Source

MAX_OFFERED = 500
"""Most folders that are offered by name; the path of any other can be typed."""

_MAX_DEPTH = 3


def checked_folder(folder: Path | str, limits: Limits) -> Path:
    """The folder with all links resolved, if it is below a root.

    Raises
    ------
    CellsegError
        Where no root is open, or the folder is missing or outside of all roots.
    """
    roots = _roots(limits)
    if not roots:
        raise CellsegError(
            "No server folder is allowed for import; the administrator can allow one with "
            f"{ROOTS_VARIABLE} or with `import_roots` in limits.json."
        )
    wanted = Path(folder).expanduser()
    if not wanted.is_absolute():
        wanted = roots[0] / wanted
    real = Path(os.path.realpath(wanted))
    if not any(real == root or root in real.parents for root in roots):
        raise CellsegError(
            f"{folder} is not inside a folder that is allowed for import; choose one below "
            f"{' or '.join(str(root) for root in roots)}."
        )
    if not real.is_dir():
        raise CellsegError(f"{folder} is not a folder on the server; check its name.")
    return real


def files_below(folder: Path | str, limits: Limits) -> list[Source]:
    """The plain files below a folder, by their relative paths; links are not followed.

    Raises
    ------
    CellsegError
        As `checked_folder`; where there are more files than a zip may hold.
    """
    top = checked_folder(folder, limits)
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


def offered_folders(limits: Limits) -> list[Path]:
    """Folders to offer by name: the roots and up to three levels below them, sorted."""
    found: list[Path] = []
    for root in _roots(limits):
        for parent, folders, _ in os.walk(root):
            here = Path(parent)
            found.append(here)
            depth = len(here.relative_to(root).parts)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            if depth >= _MAX_DEPTH:
                folders.clear()
            if len(found) >= MAX_OFFERED:
                return found
    return found


def _roots(limits: Limits) -> list[Path]:
    return [Path(os.path.realpath(root.expanduser())) for root in limits.import_roots]
