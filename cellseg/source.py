"""A source of images: a file with the name that the user knows, or an image of a dataset."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import PlainSerializer

StoredPath = Annotated[
    Path, PlainSerializer(lambda path: "" if path == Path() else path.as_posix(), return_type=str)
]
"""A path that JSON holds with `/` between folders, and as an empty string where there is none."""


@dataclass(frozen=True)
class Source:
    """A file, or an image of a dataset, to be read or segmented.

    name : what the user calls it, with `/` between folders.
    path : of the file; in a batch relative to the batch's folder where the batch holds it. Empty
        for an image of a dataset.
    pair : the name of the pair in its dataset; None for a file.
    truth : the file of its true mask, if there is one.
    """

    name: str
    path: StoredPath = Path()
    pair: str | None = None
    truth: "Source | None" = None
