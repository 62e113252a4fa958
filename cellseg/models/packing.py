"""Models as zip files: packing, and safe unpacking of uploads."""

import io
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from cellseg.errors import CellsegError
from cellseg.models.weights_check import MAX_BYTES

SETTINGS = "model.json"
WEIGHTS = "weights.weights.h5"
BEST_ON_TEST = "best_on_test.weights.h5"
CARD = "card.md"
HDF5 = b"\x89HDF"
MAX_FILE_BYTES = {
    SETTINGS: 64 * 1024**2,
    WEIGHTS: MAX_BYTES,
    BEST_ON_TEST: MAX_BYTES,
    CARD: 16 * 1024**2,
}
"""The files of a model, and the largest unpacked size of each in an uploaded zip."""

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ValidationError,
    EOFError,
    NotImplementedError,
    RuntimeError,  # how zipfile asks for a password
)
"""Exceptions that a damaged zip raises."""


def model_zip(folder: Path, model_id: str) -> bytes:
    """A zip of the files of a model, below a folder named by its id."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in MAX_FILE_BYTES:
            if (path := folder / name).is_file():
                archive.write(path, f"{model_id}/{name}")
    return content.getvalue()


def members(archive: zipfile.ZipFile) -> Mapping[str, zipfile.ZipInfo]:
    """The files of a model in a zip, by name.

    Raises
    ------
    zipfile.BadZipFile
        Where settings or weights are missing.
    CellsegError
        Where a file is too large.
    """
    found = {
        PurePosixPath(info.filename).name: info
        for info in archive.infolist()
        if PurePosixPath(info.filename).name in MAX_FILE_BYTES
    }
    if SETTINGS not in found or WEIGHTS not in found:
        raise zipfile.BadZipFile("no model inside")
    for name, info in found.items():
        if info.file_size > MAX_FILE_BYTES[name]:
            raise CellsegError(
                f"{name} in this zip unpacks to {info.file_size / 1e6:.0f} MB; cellseg accepts at "
                f"most {MAX_FILE_BYTES[name] / 1e6:.0f} MB; import a zip that you downloaded on "
                "the page Models."
            )
    return found


def extract_weights(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Extract a weights file.

    Raises
    ------
    zipfile.BadZipFile
        Where the file is not HDF5.
    """
    with archive.open(member) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
    with target.open("rb") as weights:
        if weights.read(len(HDF5)) != HDF5:
            raise zipfile.BadZipFile("no weights inside")
