"""Uploads: files that arrive in slices and are written to a folder of the browser tab.

An upload does not stay in memory. Slices are appended to a file, so that a browser whose connection
broke can ask how many bytes have arrived and resume there. A complete upload is renamed to its file
name.
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

TAB_PREFIX = "tab-"
"""Start of the name of the folder of a browser tab in the inbox."""

DOWNLOAD_PREFIX = "public-"
"""Start of the name of the folder of a download in the inbox."""

SLICE_BYTES = 8 * 1024**2
"""Bytes that a browser sends in one request."""

MAX_REQUEST_BYTES = 4 * SLICE_BYTES

_PART_PREFIX = "part-"
_ID = re.compile(r"[0-9a-f]{32}")
_SECRET = secrets.token_bytes(32)
"""Known to this process only: a restart of the server invalidates all tokens."""


class RequestRefused(CellsegError):
    """A request is refused; `status` is the HTTP status of the response."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def new_tab_folder(workspace: Workspace, limits: Limits) -> Path:
    """Create a folder in the inbox for a browser tab, and remove abandoned ones."""
    remove_abandoned(workspace, limits)
    with disk_errors(workspace.root):
        folder = workspace.inbox / f"{TAB_PREFIX}{uuid.uuid4().hex}"
        folder.mkdir(parents=True)
    return folder


def remove_abandoned(workspace: Workspace, limits: Limits) -> None:
    """Delete temporary folders in which no file has changed for `kept_hours`.

    These are the folders of tabs and downloads, and those of processes that were killed.
    """
    oldest = time.time() - limits.kept_hours * 3600
    in_inbox = (
        *workspace.inbox.glob(f"{TAB_PREFIX}*"),
        *workspace.inbox.glob(f"{DOWNLOAD_PREFIX}*"),
    )
    for folder in (*in_inbox, *workspace.staging.glob("*")):
        with suppress(OSError):
            times = [path.stat().st_mtime for path in (folder, *folder.rglob("*"))]
            if max(times) < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def access_token(folder: Path, name: str = "") -> str:
    """Token that permits uploads to the folder of a tab, or the download of one file in it.

    It is the HMAC-SHA256 of the names of folder and file, in hex.
    """
    return hmac.new(_SECRET, f"{folder.name}/{name}".encode(), hashlib.sha256).hexdigest()


def authorized_folder(workspace: Workspace, tab: str, token: str, name: str = "") -> Path:
    """The folder of a tab, if the token permits access to it.

    Parameters
    ----------
    tab : 32 hexadecimal digits.
    token : see `access_token`.
    name : of the file to download; empty for uploads.

    Raises
    ------
    RequestRefused
        403 for a wrong token, 410 for a folder that was deleted.
    """
    folder = workspace.inbox / f"{TAB_PREFIX}{tab}"
    if not _ID.fullmatch(tab) or not hmac.compare_digest(
        access_token(folder, name).encode(), token.encode()
    ):
        raise RequestRefused(
            403,
            "This upload belongs to another tab or an earlier server; try again.",
        )
    if not folder.is_dir():
        raise RequestRefused(410, "The folder of this upload was deleted; try again.")
    return folder


class PartialUpload:
    """A file of which a part has arrived.

    Parameters
    ----------
    folder : of a tab.
    upload : id of the upload, 32 hexadecimal digits that the browser chose.

    Raises
    ------
    RequestRefused
        400 for an id of another form.
    """

    _busy: ClassVar[set[Path]] = set()
    _discarded: ClassVar[set[Path]] = set()

    def __init__(self, folder: Path, upload: str) -> None:
        if not _ID.fullmatch(upload):
            raise RequestRefused(400, "An upload has an id of 32 hexadecimal digits.")
        self.folder = folder
        self.id = upload
        self.path = folder / f"{_PART_PREFIX}{upload}"

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def append(self, offset: int, size: int, limits: Limits) -> Iterator[BinaryIO]:
        """Open the file to append a slice; what was written is kept if the block fails.

        Parameters
        ----------
        offset : of the slice, bytes. size : of the whole file, bytes.
        limits : of uploads.

        Raises
        ------
        RequestRefused
            400 for an offset outside the file, 409 for an offset other than the bytes that have
            arrived or while another request writes, 413 for a file above the limit, 507 for a
            full disk.
        """
        if not 0 <= offset <= size:
            raise RequestRefused(400, f"Byte {offset} is outside a file of {size} bytes.")
        if size > limits.upload_bytes:
            raise RequestRefused(
                413,
                f"The file has {size / 1e9:.1f} GB; the limit is {limits.upload_gigabytes:g} GB; "
                "upload smaller files, or ask the administrator to raise the limit.",
            )
        if self.path in self._busy:
            raise RequestRefused(409, "The previous slice is still being written.")
        if offset != self.size:
            raise RequestRefused(409, f"{self.size} bytes have arrived, not {offset}.")
        if size - offset > shutil.disk_usage(self.folder).free:
            raise RequestRefused(507, f"The disk has no room for {size / 1e9:.1f} GB; free some.")
        self._busy.add(self.path)
        try:
            with self.path.open("ab") as file:
                yield file
        finally:
            self._busy.discard(self.path)
            if self.path in self._discarded:
                self.discard()

    def finish(self, name: str, size: int) -> Path:
        """Move the complete file to a folder of its own, under a safe form of its name.

        Parameters
        ----------
        name : as the user calls the file. size : bytes of the whole file.

        Raises
        ------
        CellsegError
            Where it is incomplete.
        """
        if not self.path.is_file() or self.size != size:
            raise CellsegError(f"{name} is incomplete; upload it again.")
        target = new_file_path(self.folder, name)
        self.path.rename(target)
        return target

    def discard(self) -> None:
        """Delete what has arrived, after the slice that is being written, if there is one."""
        if self.path in self._busy:
            self._discarded.add(self.path)
            return
        self._discarded.discard(self.path)
        with suppress(OSError):
            self.path.unlink()


def empty_upload(folder: Path, upload: str) -> PartialUpload:
    """Create the upload of an empty file, of which no slice is sent."""
    part = PartialUpload(folder, upload)
    part.path.touch()
    return part


def new_file_path(folder: Path, name: str) -> Path:
    """Path for a file that the user calls `name`, in a new folder of its own.

    Stem and suffix are reduced to safe characters.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    suffix = PurePosixPath(last).suffix.lower()
    suffix = suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) < 8 else ""
    path = folder / uuid.uuid4().hex / f"{slug(PurePosixPath(last).stem) or 'file'}{suffix}"
    path.parent.mkdir()
    return path
