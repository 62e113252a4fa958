"""What a user brought: a file with its name, or an image of a dataset."""

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
    """A file that a user brought, or an image of a dataset.

    name : what the user calls it, with `/` between folders.
    path : where its bytes lie; in a batch relative to the batch's folder where the batch holds
        them. Empty for an image of a dataset.
    pair : the name of the pair in its dataset; None for a file.
    truth : the file of its true mask, if one was brought.
    """

    name: str
    path: StoredPath = Path()
    pair: str | None = None
    truth: "Source | None" = None
