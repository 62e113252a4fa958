"""A dataset: pairs of image and mask, their split, and the encoding of the masks."""

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
"""Version of `dataset.json`; files of higher versions are refused."""

RECORD = "dataset.json"


class DatasetRecord(Frozen):
    """Content of `dataset.json`.

    created : UTC, ISO 8601.
    scale : encoding of the masks.
    warnings : sentences about pairs, from their import.
    notes : of the user.
    sample : whether this is the sample dataset that cellseg drew.
    view : planes and channels that were used of each image file.
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
        """Write `dataset.json` to a folder, atomically."""
        write_json(folder / RECORD, self.model_dump(mode="json"))


class Dataset:
    """A dataset in a folder; images and masks are read on request.

    folder : of the dataset.
    record : its `dataset.json` at the time of opening.
    files : its images and masks.
    """

    def __init__(self, folder: Path, record: DatasetRecord) -> None:
        self.folder = folder
        self.record = record
        self.files = PairFiles(folder)

    @classmethod
    def read(cls, folder: Path) -> "Dataset":
        """Open the dataset in a folder.

        Raises
        ------
        CellsegError
            Where its record is missing, damaged or from a newer cellseg.
        """
        content: Any = read_json(folder / RECORD)
        version = content.get("format") if isinstance(content, dict) else None
        if isinstance(version, int) and version > FORMAT:
            raise CellsegError(
                f"The dataset {folder.name} was written by a newer cellseg (format {version}; "
                f"this version reads formats up to {FORMAT}); update cellseg."
            )
        try:
            return cls(folder, DatasetRecord.model_validate(content))
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
        """Name that the user gave it."""
        return self.record.name

    @property
    def created(self) -> str:
        """Time of its creation: UTC, ISO 8601."""
        return self.record.created

    @property
    def kind(self) -> MaskKind:
        """Kind of its masks."""
        return self.record.scale.kind

    @property
    def foreground_values(self) -> tuple[int, ...]:
        """Mask values that mean cell; empty means all values but 0."""
        return self.record.scale.foreground

    @property
    def pairs(self) -> list[PairFacts]:
        """Facts of all pairs, in the order of their import."""
        return list(self.record.pairs)

    @property
    def names(self) -> list[str]:
        """Names of all pairs."""
        return [pair.name for pair in self.record.pairs]

    @property
    def split(self) -> Split:
        """The split into training and test pairs."""
        return self.record.split

    @property
    def warnings(self) -> list[str]:
        """Sentences about pairs, from their import."""
        return list(self.record.warnings)

    @property
    def view(self) -> View:
        """Planes and channels that were used of each image file."""
        return self.record.view

    @property
    def sample(self) -> bool:
        """Whether this is the sample dataset that cellseg drew."""
        return self.record.sample

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of all pixels and the mask encoding; names do not matter."""
        return fingerprint(self.record.pairs, self.record.scale)

    def pair(self, name: str) -> PairFacts:
        """Facts of one pair.

        Raises
        ------
        CellsegError
            Where no pair has this name.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise CellsegError(
                f"The dataset {self.name} has no pair named {name}; its pairs have changed or the "
                "name is mistyped."
            ) from None

    def image(self, name: str) -> Image:
        """The image of a pair with its original pixels."""
        return self.files.image(self.pair(name).name)

    def mask(self, name: str) -> np.ndarray:
        """The mask of a pair with its original values, (Y, X), unsigned integer."""
        return self.files.mask(self.pair(name).name)

    def foreground(self, name: str) -> np.ndarray:
        """Foreground of the mask of a pair, (Y, X), bool."""
        return foreground(self.mask(name), self.kind, self.foreground_values)

    def labels(self, name: str) -> np.ndarray:
        """Label image of a pair, (Y, X), int32, 0 = background; see `masks.labels`."""
        return labels(self.mask(name), self.kind, self.foreground_values)

    def preview(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Thumbnails of a pair: the image, uint8 (Y, X, 3), and its foreground, bool (Y, X)."""
        rgb8, mask = self.files.preview(self.pair(name).name)
        return rgb8, foreground(mask, self.kind, self.foreground_values)

    @cached_property
    def _by_name(self) -> dict[str, PairFacts]:
        return {pair.name: pair for pair in self.record.pairs}


def fingerprint(pairs: tuple[PairFacts, ...] | list[PairFacts], encoding: MaskEncoding) -> str:
    """SHA-256, in hex, of the sorted hashes of the pairs and the mask encoding."""
    lines = sorted(" ".join(pair.content) for pair in pairs)
    lines.append(f"{encoding.kind} {sorted(encoding.foreground)}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
