"""An example file for choosing planes and channels, and the error of a file that needs it."""

import shutil
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from cellseg.errors import CellsegError
from cellseg.images.stack import StackFacts


@dataclass(frozen=True)
class ExampleFile:
    """A file with several planes, channels or unknown axes, on which the user chooses.

    name : of the file.
    facts : from its metadata.
    path : of the file while it exists, else None.
    """

    name: str
    facts: StackFacts
    path: Path | None = None

    def kept(self, folder: Path | None, temporary: Path) -> "ExampleFile":
        """The example with a copy of a file that would be deleted with a temporary folder.

        Parameters
        ----------
        folder : for the copy of a file in `temporary`; None drops the path instead.
        temporary : the folder that is deleted.
        """
        if self.path is None or temporary not in self.path.parents:
            return self
        if folder is None:
            return replace(self, path=None)
        target = folder / f"example-{uuid.uuid4().hex}{self.path.suffix}"
        shutil.copyfile(self.path, target)
        return replace(self, path=target)


class ChoiceNeeded(CellsegError):
    """A file with unknown axes, which the user must name.

    example : the file.
    """

    def __init__(self, sentence: str, example: ExampleFile) -> None:
        super().__init__(sentence)
        self.example = example
