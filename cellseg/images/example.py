"""A file that shows what there is to choose, and the error of a file that needs a choice."""

import shutil
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

from cellseg.errors import CellsegError
from cellseg.images.stack import StackFacts


@dataclass(frozen=True)
class ExampleFile:
    """A file that shows what there is to choose.

    name : what the user calls it. path : where its bytes lie, as long as they do.
    """

    name: str
    facts: StackFacts
    path: Path | None = None

    def kept(self, folder: Path | None, temporary: Path) -> "ExampleFile":
        """The example with a file that outlives a temporary folder, or without its file.

        Parameters
        ----------
        folder : where the file is copied to if it lies in `temporary`; None lets it go.
        """
        if self.path is None or temporary not in self.path.parents:
            return self
        if folder is None:
            return replace(self, path=None)
        target = folder / f"example-{uuid.uuid4().hex}{self.path.suffix}"
        shutil.copyfile(self.path, target)
        return replace(self, path=target)


class ChoiceNeeded(CellsegError):
    """A file does not say what its axes are, so that a person must.

    example : the file.
    """

    def __init__(self, sentence: str, example: ExampleFile) -> None:
        super().__init__(sentence)
        self.example = example
