"""Uploads on their way to the disk: parts that grow slice by slice, one private folder a tab.

Nothing of an upload stays in memory. A part grows only at its end, so a sender whose connection
broke asks how much has arrived and goes on from there. A part becomes a file in one rename.
"""

import hashlib
import hmac
import re
import secrets
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, ClassVar

from cellseg.errors import CellsegError
from cellseg.limits import Limits
from cellseg.workspace import Workspace, disk_errors, slug

PREFIX = "tab-"
DOWNLOADS = "public-"
SLICE = 8 * 1024**2
"""Bytes that a sender puts into one request."""

LARGEST_REQUEST = 4 * SLICE

_PART = "part-"
_ID = re.compile(r"[0-9a-f]{32}")
_SECRET = secrets.token_bytes(32)
"""Known to this process alone: a restart of the server ends every pass."""


class Refused(CellsegError):
    """A slice that is not taken; `status` is the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def new_folder(workspace: Workspace, limits: Limits) -> Path:
    """A folder of the inbox for one browser tab; what others abandoned is removed."""
    sweep(workspace, limits)
    with disk_errors(workspace.root):
        folder = workspace.inbox / f"{PREFIX}{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
    return folder


def sweep(workspace: Workspace, limits: Limits) -> None:
    """Delete the folders in which nothing has moved for `kept_hours`.

    They are those of tabs and downloads, and what was being made when a process was killed.
    """
    eldest = time.time() - limits.kept_hours * 3600
    of_tabs = (*workspace.inbox.glob(f"{PREFIX}*"), *workspace.inbox.glob(f"{DOWNLOADS}*"))
    for folder in (*of_tabs, *workspace.staging.glob("*")):
        with suppress(OSError):
            times = [path.stat().st_mtime for path in (folder, *folder.rglob("*"))]
            if max(times) < eldest:
                shutil.rmtree(folder, ignore_errors=True)


def pass_of(folder: Path, name: str = "") -> str:
    """What a sender shows to write into a tab's folder, or a reader to get one file of it.

    It is an HMAC-SHA256 of the names, in hex.
    """
    return hmac.new(_SECRET, f"{folder.name}/{name}".encode(), hashlib.sha256).hexdigest()


def admitted(workspace: Workspace, tab: str, shown: str, name: str = "") -> Path:
    """The folder of a tab, for whoever shows its pass.

    Raises
    ------
    Refused
        403 for a wrong pass, 410 for a folder that is gone.
    """
    folder = workspace.inbox / f"{PREFIX}{tab}"
    if not _ID.fullmatch(tab) or not hmac.compare_digest(
        pass_of(folder, name).encode(), shown.encode()
    ):
        raise Refused(403, "This upload belongs to another tab or to an earlier server; try again.")
    if not folder.is_dir():
        raise Refused(410, "The folder of this upload was cleared; try again.")
    return folder


class Part:
    """A file that has arrived in part.

    Parameters
    ----------
    folder : of a tab.
    upload : 32 hexadecimal digits that the sender chose.

    Raises
    ------
    Refused
        400 for another form of id.
    """

    _busy: ClassVar[set[Path]] = set()
    _doomed: ClassVar[set[Path]] = set()

    def __init__(self, folder: Path, upload: str) -> None:
        if not _ID.fullmatch(upload):
            raise Refused(400, "An upload has an id of 32 hexadecimal digits.")
        self.folder = folder
        self.id = upload
        self.path = folder / f"{_PART}{upload}"

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def growing(self, offset: int, size: int, limits: Limits) -> Iterator[BinaryIO]:
        """The part, open at its end; what was written stays there if the block fails.

        Parameters
        ----------
        offset : where the sender means to go on. size : bytes of the whole file.

        Raises
        ------
        Refused
            409 where the offset is not what has arrived, or another request is writing; 413 for a
            file beyond the limit; 507 where the disk has no room for the rest.
        """
        if not 0 <= offset <= size:
            raise Refused(400, f"A slice at byte {offset} is outside a file of {size} bytes.")
        if size > limits.upload_bytes:
            raise Refused(
                413,
                f"The file has {size / 1e9:.1f} GB; at most {limits.upload_gigabytes:g} GB are "
                "taken; send it in parts, or ask the operator to raise the limit.",
            )
        if self.path in self._busy:
            raise Refused(409, "The slice before this one is still being written.")
        if offset != self.size:
            raise Refused(409, f"{self.size} bytes have arrived, not {offset}.")
        if size - offset > shutil.disk_usage(self.folder).free:
            raise Refused(507, f"The disk has no room for {size / 1e9:.1f} GB; free some space.")
        self._busy.add(self.path)
        try:
            with self.path.open("ab") as file:
                yield file
        finally:
            self._busy.discard(self.path)
            if self.path in self._doomed:
                self.drop()

    def finish(self, name: str, size: int) -> Path:
        """Make the part a file, in a folder of its own under a tamed form of the user's name.

        Raises
        ------
        CellsegError
            Where it has not arrived as a whole.
        """
        if not self.path.is_file() or self.size != size:
            raise CellsegError(f"{name} has not arrived as a whole; upload it again.")
        target = place(self.folder, name)
        self.path.rename(target)
        return target

    def drop(self) -> None:
        """Delete what has arrived, at the latest when the slice on its way has ended."""
        if self.path in self._busy:
            self._doomed.add(self.path)
            return
        self._doomed.discard(self.path)
        with suppress(OSError):
            self.path.unlink()


def empty(folder: Path, upload: str) -> Part:
    """The part of a file without bytes, for which no slice was ever sent."""
    part = Part(folder, upload)
    part.path.touch()
    return part


def place(folder: Path, name: str) -> Path:
    """A free path for a file that the user calls `name`, in a new folder of its own."""
    last = PurePosixPath(name.replace("\\", "/")).name
    suffix = PurePosixPath(last).suffix.lower()
    suffix = suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) < 8 else ""
    path = folder / uuid.uuid4().hex / f"{slug(PurePosixPath(last).stem) or 'file'}{suffix}"
    path.parent.mkdir()
    return path
