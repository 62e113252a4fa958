"""A dataset, as it is read: pairs of image and mask, their split, and what the masks mean."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from cellseg.config import Frozen
from cellseg.datasets.masks import (
    MaskEncoding,
    MaskKind,
    foreground,
    labels,
)
from cellseg.datasets.pairs import PairFacts, PairFiles
from cellseg.datasets.split import Split
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from cellseg.images.view import View
from cellseg.workspace import read_json, write_json

FORMAT = 1
"""Version of `dataset.json`; higher ones are refused, not guessed."""

RECORD = "dataset.json"


class Record(Frozen):
    """What `dataset.json` holds.

    created : UTC, ISO 8601.
    warnings : sentences about pairs, written when they were brought in.
    sample : whether cellseg drew the dataset itself.
    view : what was taken of each image file.
    """

    format: int = FORMAT
    name: str
    created: str
    scale: MaskEncoding
    pairs: tuple[PairFacts, ...]
    split: Split
    warnings: tuple[str, ...] = ()
    notes: str = ""
    sample: bool = False
    view: View = View()

    def write(self, folder: Path) -> None:
        """Write `dataset.json` into a folder, in one step."""
        write_json(folder / RECORD, self.model_dump(mode="json"))


class Dataset:
    """The pairs in one folder, as they were when it was opened; pixels are read when asked for.

    folder : where the dataset lies.
    record : all that is known without opening an image.
    files : where the pixels lie.
    """

    def __init__(self, folder: Path, record: Record) -> None:
        self.folder = folder
        self.record = record
        self.files = PairFiles(folder)

    @classmethod
    def read(cls, folder: Path) -> "Dataset":
        """Open the dataset in a folder.

        Raises
        ------
        CellsegError
            Where its record is missing, damaged or of a newer cellseg.
        """
        content: Any = read_json(folder / RECORD)
        version = content.get("format") if isinstance(content, dict) else None
        if isinstance(version, int) and version > FORMAT:
            raise CellsegError(
                f"The dataset {folder.name} was written by a newer cellseg (format {version}, "
                f"this one reads up to {FORMAT}); update cellseg."
            )
        try:
            return cls(folder, Record.model_validate(content))
        except ValidationError:
            raise CellsegError(
                f"The dataset {folder.name} has a missing or damaged {RECORD}; delete it and "
                "import it again."
            ) from None

    @property
    def id(self) -> str:
        """Name of its folder."""
        return self.folder.name

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.record.name

    @property
    def created(self) -> str:
        """When it was imported: UTC, ISO 8601."""
        return self.record.created

    @property
    def kind(self) -> MaskKind:
        """Kind of all its masks."""
        return self.record.scale.kind

    @property
    def foreground_values(self) -> tuple[int, ...]:
        """The mask values that are cell; empty means every value but 0."""
        return self.record.scale.foreground

    @property
    def pairs(self) -> list[PairFacts]:
        """What is known of each pair, in the order in which they were brought."""
        return list(self.record.pairs)

    @property
    def names(self) -> list[str]:
        """Names of all pairs."""
        return [pair.name for pair in self.record.pairs]

    @property
    def split(self) -> Split:
        """Which pairs train and which test."""
        return self.record.split

    @property
    def warnings(self) -> list[str]:
        """Sentences about pairs, written when they were brought in."""
        return list(self.record.warnings)

    @property
    def view(self) -> View:
        """What was taken of each image file."""
        return self.record.view

    @property
    def sample(self) -> bool:
        """Whether cellseg drew it itself."""
        return self.record.sample

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of all pixels and of how the masks are read; names do not count."""
        return fingerprint(self.record.pairs, self.record.scale)

    def pair(self, name: str) -> PairFacts:
        """What is known of one pair.

        Raises
        ------
        CellsegError
            Where there is none of this name.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise CellsegError(
                f"The dataset {self.name} has no pair named {name}; its pairs have changed or the "
                "name is mistyped."
            ) from None

    def image(self, name: str) -> Image:
        """The image of a pair, as it was brought."""
        return self.files.image(self.pair(name).name)

    def mask(self, name: str) -> np.ndarray:
        """The mask of a pair, (Y, X), unsigned integer, its values as they were brought."""
        return self.files.mask(self.pair(name).name)

    def foreground(self, name: str) -> np.ndarray:
        """Where the mask of a pair says cell, (Y, X), bool."""
        return foreground(self.mask(name), self.kind, self.foreground_values)

    def labels(self, name: str) -> np.ndarray:
        """The cells of a pair, (Y, X), int32, 0 = background; see `masks.labels`."""
        return labels(self.mask(name), self.kind, self.foreground_values)

    def preview(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Thumbnails of a pair: (y, x, 3) uint8 and where its cells are, (y, x) bool."""
        rgb8, mask = self.files.preview(self.pair(name).name)
        return rgb8, foreground(mask, self.kind, self.foreground_values)

    @cached_property
    def _by_name(self) -> dict[str, PairFacts]:
        return {pair.name: pair for pair in self.record.pairs}


def fingerprint(pairs: tuple[PairFacts, ...] | list[PairFacts], scale: MaskEncoding) -> str:
    """SHA-256, in hex, over the sorted hashes of the pairs and the meaning of the masks."""
    lines = sorted(" ".join(pair.content) for pair in pairs)
    lines.append(f"{scale.kind} {sorted(scale.foreground)}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
