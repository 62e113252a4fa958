"""Limits that the operator of a server sets: sizes, times, and folders to import from."""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from cellseg.config import Frozen, checked
from cellseg.errors import CellsegError
from cellseg.workspace import Workspace, read_json

FILE = "limits.json"
"""Settings file in the workspace; limits that it does not name have their defaults."""

ROOTS_VARIABLE = "CELLSEG_IMPORT_ROOTS"

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Limits(Frozen):
    """The limits of one workspace.

    upload_gigabytes : size of one uploaded file; 1 GB = 10^9 bytes.
    kept_hours : time after which an unused upload is deleted.
    zip_files : files in a zip. zip_gigabytes : of all of them unpacked.
    zip_ratio : largest ratio of unpacked to packed size, checked above 50 MB unpacked.
    image_megapixels : height times width of an image that must be decoded whole.
    file_seconds : for reading one file.
    import_roots : folders of the server from which anybody may import.
    """

    upload_gigabytes: Positive = 20.0
    kept_hours: Positive = 24.0
    zip_files: int = Field(default=20_000, ge=1)
    zip_gigabytes: Positive = 20.0
    zip_ratio: Positive = 300.0
    image_megapixels: Positive = 100.0
    file_seconds: Positive = 30.0
    import_roots: tuple[Path, ...] = ()

    @classmethod
    def of(cls, workspace: Workspace) -> "Limits":
        """The limits of a workspace, from its `limits.json` and CELLSEG_IMPORT_ROOTS.

        The variable has folders with `:` between them, on Windows `;`, as PATH has.

        Raises
        ------
        CellsegError
            Where the file is not a JSON object, or a setting is unknown or out of bounds.
        """
        values = _written(workspace.root / FILE)
        if named := os.environ.get(ROOTS_VARIABLE):
            values["import_roots"] = [part for part in named.split(os.pathsep) if part.strip()]
        return checked(cls, **values)

    @property
    def upload_bytes(self) -> int:
        """Largest uploaded file, in bytes."""
        return round(self.upload_gigabytes * 1e9)

    @property
    def image_pixels(self) -> int:
        """Largest image that must be decoded whole, in pixels."""
        return round(self.image_megapixels * 1e6)


def _written(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    content = read_json(path)
    if not isinstance(content, dict):
        raise CellsegError(f"{path} does not contain a JSON object; repair it or delete it.")
    return content
