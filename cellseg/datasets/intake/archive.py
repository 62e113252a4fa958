"""Safe unpacking of uploaded zips: no path out of the target folder, no zip bomb."""

import lzma
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Container
from pathlib import Path, PurePosixPath

from cellseg.errors import CellsegError
from cellseg.limits import Limits
from cellseg.workspace import disk_errors

UNCHECKED_BYTES = 50 * 10**6
"""Unpacked size up to which the compression ratio is not checked."""

# What zipfile raises for damaged bytes; `disk_errors` has turned errors of the disk before.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)


def unpack(
    packed: Path,
    target: Path,
    name: str | None = None,
    limits: Limits | None = None,
    *,
    suffixes: Container[str] | None = None,
    max_files: int | None = None,
) -> dict[str, Path]:
    """Unpack the files of a zip under new, safe names; links are skipped.

    Parameters
    ----------
    packed : the zip.
    target : an existing folder; the files go directly into it.
    name : of the zip in messages.
    suffixes : of the files to unpack, such as `.tif`; None unpacks all.
    max_files : number of files to unpack, from the first; None unpacks all.

    Returns
    -------
    Path of each unpacked file by its name in the zip, with `/` between folders.

    Raises
    ------
    CellsegError
        Where the file is no zip, is damaged or encrypted, exceeds a limit, or holds a path out of
        its folder or another zip (an ImageJ RoiSet.zip is allowed, for it is a mask); where the
        disk is full or cannot be written.
    """
    name = name or packed.name
    unpacked: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(packed) as archive, disk_errors(target):
            members = [info for info in archive.infolist() if _is_file(info)]
            _check(members, packed.stat().st_size, name, limits or Limits())
            if suffixes is not None:
                members = [info for info in members if _suffix(info.filename) in suffixes]
            members = members[:max_files]
            if (need := sum(info.file_size for info in members)) > shutil.disk_usage(target).free:
                raise CellsegError(
                    f"{name} unpacks to {need / 1e9:.1f} GB, more than is free on the disk; free "
                    "some space or add fewer images."
                )
            for number, info in enumerate(members):
                path = target / f"{number:05d}{_suffix(info.filename)}"
                with archive.open(info) as source, path.open("wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)
                if path.suffix == ".zip" and not is_roi_set(path):
                    raise CellsegError(
                        f"{name} holds another zip, {info.filename}; unpack it and pack the "
                        "images again, or add it by itself."
                    )
                unpacked[info.filename.replace("\\", "/")] = path
    except _DAMAGED as error:
        raise CellsegError(
            f"{name} is not a zip or is damaged; pack the folder again and add the new file."
        ) from error
    except RuntimeError as error:  # how zipfile asks for a password
        raise CellsegError(f"{name} needs a password; pack the folder without one.") from error
    return unpacked


def is_roi_set(path: Path) -> bool:
    """Whether a zip holds only ImageJ ROIs."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError):
        return False
    return bool(names) and all(name.lower().endswith(".roi") for name in names)


def _check(members: list[zipfile.ZipInfo], packed: int, name: str, limits: Limits) -> None:
    for info in members:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", str(path)):
            raise CellsegError(
                f"{name} contains a file {info.filename} with a path outside the zip; create the "
                "zip again without this file."
            )
    size = sum(info.file_size for info in members)
    if len(members) > limits.zip_files:
        raise CellsegError(
            f"{name} holds {len(members)} files; cellseg unpacks at most {limits.zip_files}; "
            "split the zip."
        )
    if size > limits.zip_gigabytes * 1e9:
        raise CellsegError(
            f"{name} unpacks to {size / 1e9:.1f} GB; cellseg unpacks at most "
            f"{limits.zip_gigabytes:.1f} GB; split the zip."
        )
    if size > UNCHECKED_BYTES and size > limits.zip_ratio * packed:
        raise CellsegError(
            f"{name} has {packed / 1e6:.2f} MB and would unpack to {size / 1e6:.0f} MB, which is "
            "not plausible for images; pack the images again, or add them without a zip."
        )


def _is_file(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a plain file, not a folder or a link."""
    mode = info.external_attr >> 16
    return not info.is_dir() and not stat.S_ISLNK(mode)


def _suffix(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) < 8 else ""
