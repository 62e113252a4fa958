"""The workspace: one folder with datasets, runs, models and batches, written atomically."""

import errno
import json
import os
import re
import shutil
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cellseg import naming
from cellseg.errors import CellsegError

HOME_VARIABLE = "CELLSEG_HOME"
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")


class Workspace:
    """One folder with everything of a user.

    `datasets/`, `runs/`, `models/` and `batches/` hold one folder for each, named by its id;
    `staging/` holds what is being made and moves to its place in one rename; `inbox/` holds
    uploads on their way; `outputs/` what is known of folders that the command line fills.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).expanduser().absolute()
        self.datasets = self.root / "datasets"
        self.runs = self.root / "runs"
        self.models = self.root / "models"
        self.batches = self.root / "batches"
        self.outputs = self.root / "outputs"
        self.inbox = self.root / "inbox"
        self.staging = self.root / "staging"

    @classmethod
    def default(cls) -> "Workspace":
        """The workspace that CELLSEG_HOME names, else `cellseg-data` in the home folder."""
        return cls(os.environ.get(HOME_VARIABLE) or Path.home() / "cellseg-data")

    @contextmanager
    def staged(self, target: Path) -> Iterator[Path]:
        """A new folder that becomes `target` if the `with` block succeeds, and is deleted if not.

        Raises
        ------
        CellsegError
            Where `target` exists already, or the disk is full or cannot be written.
        """
        folder = self.staging / uuid.uuid4().hex
        try:
            ensure_folder(self.root)
            with disk_errors(self.root):
                folder.mkdir(parents=True)
                yield folder
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.exists():
                    raise CellsegError(f"{target.name} exists already; choose another name.")
                folder.rename(target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def remove(self, folder: Path) -> None:
        """Delete a folder of the workspace: readers no longer see it, then the disk is freed."""
        if self.root not in folder.absolute().parents:
            raise ValueError(f"{folder} is outside of the workspace {self.root}")
        doomed = self.staging / uuid.uuid4().hex
        with disk_errors(self.root):
            doomed.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)


def slug(name: str) -> str:
    """An id made from a name: lower-case letters, digits and hyphens; may be empty."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:60].strip("-")


def free_id(parent: Path, name: str) -> str:
    """An id for a new folder in `parent` that no other folder there has."""
    return naming.numbered_id(slug(name) or "unnamed", lambda name: (parent / name).exists())


def checked_name(name: str, what: str, taken: list[str]) -> str:
    """The stripped name, if it is valid for a dataset, a model or a result.

    Raises
    ------
    CellsegError
        Where it is empty, longer than 60 characters, has a slash or a control character, or is
        taken, ignoring case.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise CellsegError(f"The {what} needs a name.")
    if len(name) > 60:
        raise CellsegError(f"The name has {len(name)} characters; a {what} name has at most 60.")
    if any(character in "/\\" or not character.isprintable() for character in name):
        raise CellsegError(
            f"A {what} name must not contain a slash or a control character: {name!r}."
        )
    if name.casefold() in {other.casefold() for other in taken}:
        raise CellsegError(f"A {what} named {name} exists already; choose another name.")
    return name


def known_folder(parent: Path, folder_id: str) -> Path | None:
    """The folder with this id, or None; also None for an id that could lead out of `parent`."""
    folder = parent / folder_id
    return folder if _ID.fullmatch(folder_id) and folder.is_dir() else None


def unreadable(parent: Path, read: Callable[[Path], object]) -> list[str]:
    """Names of the folders in `parent` that hold no entry that can be read, in their order.

    Parameters
    ----------
    read : gives the entry of a folder; None, or a CellsegError, where it cannot be read.
    """
    found = []
    for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        try:
            entry = read(folder)
        except CellsegError:
            entry = None
        if entry is None:
            found.append(folder.name)
    return found


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically: a reader sees the old or the new content, never a part."""
    write_chunks(path, [content])


def write_chunks(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file from chunks, as `write_bytes`."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with disk_errors(path.parent):
            with temporary.open("wb") as file:
                file.writelines(chunks)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically.

    Raises
    ------
    ValueError
        For a number that is not finite.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    write_bytes(path, text.encode())


def read_json(path: Path) -> Any:
    """The content of a JSON file; None where it is missing, unreadable or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def size_on_disk(folder: Path) -> int:
    """Size of all files below a folder, in bytes; files deleted meanwhile are skipped."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size
            except OSError:
                continue
    return total


def ensure_folder(folder: Path) -> None:
    """Create a folder and its parents where they are missing.

    Raises
    ------
    CellsegError
        Where it cannot be created: no permission, no space, or a file of that name.
    """
    try:
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CellsegError(
            f"The folder {folder} cannot be created ({reason}); choose another one."
        ) from error


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turn errors of the disk into a `CellsegError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else -1):
            raise CellsegError(
                f"The disk of {where} is full; free some space or set {HOME_VARIABLE} to a folder "
                "on another disk, then try again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise CellsegError(
                f"The folder {where} cannot be written; give it write permission or set "
                f"{HOME_VARIABLE} to another folder."
            ) from error
        if error.errno == errno.ENAMETOOLONG:
            raise CellsegError(
                f"A name is too long for the disk of {where}; choose a shorter one."
            ) from error
        raise
