"""Zip files whose bytes depend on their content alone."""

import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath

PACKED = frozenset({".png", ".tif", ".zip"})
"""Files of these kinds are compressed already and are stored as they are."""


def zip_bytes(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip file of named files, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            add(archive, name, content)
    return buffer.getvalue()


def add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file without its time, so that equal content gives an equal zip."""
    archive.writestr(_entry(name), content)


def add_pieces(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    """Add a file that is made piece by piece, as `add` would; it never lies in memory whole."""
    with tempfile.TemporaryFile(prefix="cellseg-") as spool:
        for piece in pieces:
            spool.write(piece)
        entry = _entry(name)
        entry.file_size = spool.tell()  # from which zipfile tells whether it needs 64 bits
        spool.seek(0)
        with archive.open(entry, "w") as target:
            shutil.copyfileobj(spool, target, 1 << 20)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    packed = PurePosixPath(name).suffix.lower() in PACKED
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    return entry
