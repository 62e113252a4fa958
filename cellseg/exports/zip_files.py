"""Reproducible zip files: equal content gives equal bytes."""

import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath

STORED = frozenset({".png", ".tif", ".zip"})
"""Suffixes of files that are compressed already and are stored without deflate."""


def zip_bytes(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip file of (name, content), in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            add_file(archive, name, content)
    return buffer.getvalue()


def add_file(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file without a time stamp, so that equal content gives an equal zip."""
    archive.writestr(_entry(name), content)


def add_chunks(archive: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> None:
    """Add a file from chunks like `add_file`, without holding it in memory."""
    with tempfile.TemporaryFile(prefix="cellseg-") as spool:
        for chunk in chunks:
            spool.write(chunk)
        entry = _entry(name)
        entry.file_size = spool.tell()  # tells zipfile whether it needs 64 bits
        spool.seek(0)
        with archive.open(entry, "w") as target:
            shutil.copyfileobj(spool, target, 1 << 20)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o644 << 16
    stored = PurePosixPath(name).suffix.lower() in STORED
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    return entry
