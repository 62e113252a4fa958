"""What is known of an output folder that `segment` fills, so that it can resume after a break.

It lies in the workspace, since the output folder holds results alone. For each input that is done
there is a file with its records; while results of all inputs together (the table, COCO) are still
to be written, there are also the cells of each image.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from cellseg.batches.segmented_image import IMAGE, PROBABILITY, SegmentedImage
from cellseg.errors import CellsegError
from cellseg.workspace import (
    Workspace,
    disk_errors,
    read_json,
    write_json,
)

InputRecord = dict[str, Any]
SETTINGS, COMPLETE, DONE, CELLS = "settings.json", "complete.json", "done", "cells"


class ResumeLog:
    """What is known of one output folder.

    settings : all that decides the bytes of the results, as plain values; what was done with
        others counts for nothing.

    `restarted` says that there was such work, which was to be resumed.
    """

    def __init__(self, workspace: Workspace, output: Path, settings: InputRecord) -> None:
        digest = hashlib.sha256(str(output.absolute()).encode()).hexdigest()
        self.folder = workspace.outputs / digest[:24]
        self.output = output
        self._settings = json.loads(json.dumps(settings))
        self.restarted = False

    @contextmanager
    def locked(self, resume: bool) -> Iterator[bool]:
        """Lock the output folder; gives whether earlier work of the same settings is resumed.

        Raises
        ------
        CellsegError
            Where another command works on it.
        """
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{self.folder}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise CellsegError(
                f"Another command segments into {self.output}; wait for it or choose another "
                "folder."
            ) from None
        try:
            before = read_json(self.folder / SETTINGS) if resume else None
            resumed = before == self._settings
            self.restarted = before is not None and not resumed
            if not resumed:
                with disk_errors(self.folder):
                    shutil.rmtree(self.folder, ignore_errors=True)
                    self.folder.mkdir(parents=True, exist_ok=True)
                write_json(self.folder / SETTINGS, self._settings)
            yield resumed
        finally:
            lock.release()

    def records(self, file: Path) -> list[InputRecord] | None:
        """The records of an input that is done, has not changed since, and whose results exist."""
        known = read_json(self._done(file))
        if known is None or known["stamp"] != _stamp(file):
            return None
        records: list[InputRecord] = known["records"]
        for record in records:
            if not all(Path(path).is_file() for path in record["files"].values()):
                return None
        return records

    def finish_input(self, file: Path, records: Sequence[InputRecord]) -> None:
        """Note that an input is done."""
        with disk_errors(self.folder):
            (self.folder / DONE).mkdir(exist_ok=True)
        write_json(self._done(file), {"stamp": _stamp(file), "records": list(records)})

    def folder_of(self, file: Path, number: int) -> Path:
        """Where the results of an image of an input lie until all is written."""
        return self.folder / CELLS / f"{_key(file)}-{number:05d}"

    def images(self, file: Path, count: int) -> list[SegmentedImage] | None:
        """The cells of an input's images; None where they are not kept any more."""
        read = [SegmentedImage.read(self.folder_of(file, number)) for number in range(count)]
        images = [image for image in read if image is not None]
        return images if len(images) == count else None

    def drop_pixels(self, segmented: SegmentedImage, keep: bool) -> None:
        """Delete the pixels of an image, or all of it, once its own files are written."""
        if not keep:
            shutil.rmtree(segmented.folder, ignore_errors=True)
            return
        for name in (IMAGE, PROBABILITY):
            (segmented.folder / name).unlink(missing_ok=True)

    def complete(self, files: Sequence[Path]) -> bool:
        """Whether the results of all together were written for exactly these inputs."""
        return bool(read_json(self.folder / COMPLETE) == [_key(file) for file in files])

    def finish(self, files: Sequence[Path]) -> None:
        """Note that the results of all together are written; the cells are deleted."""
        write_json(self.folder / COMPLETE, [_key(file) for file in files])
        shutil.rmtree(self.folder / CELLS, ignore_errors=True)

    def reopen(self) -> None:
        """Forget that the results of all together are written."""
        (self.folder / COMPLETE).unlink(missing_ok=True)

    def _done(self, file: Path) -> Path:
        return self.folder / DONE / f"{_key(file)}.json"


def _key(file: Path) -> str:
    return hashlib.sha256(str(file.absolute()).encode()).hexdigest()[:24]


def _stamp(file: Path) -> list[int]:
    """Size and time of change of a file, which change with its content; empty without a file."""
    try:
        status = file.stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]
