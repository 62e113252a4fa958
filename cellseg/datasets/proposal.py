"""Pairs on their way into a dataset: decoded, checked and shown, but not yet kept."""

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cellseg.datasets.masks import (
    MaskFacts,
    MaskKind,
    all_values,
    decide_kind,
    foreground,
    soft_foreground,
)
from cellseg.datasets.pairs import PairFacts, PairFiles, free_name
from cellseg.datasets.split import Side
from cellseg.images.image import Image
from cellseg.workspace import Workspace, disk_errors

PREFIX = "proposal-"


@dataclass
class Proposal:
    """What `inspect` found, in a folder of the workspace's inbox until it is kept or discarded.

    pairs : the facts of the pairs that can be kept.
    sides : the side of the split of those pairs that came from `train/` or `test/` folders.
    images_without_mask, masks_without_image, left_out : names of files that are in no pair.
    warnings : sentences about pairs that are kept.
    problems : sentences about files that cannot be kept.
    """

    folder: Path
    pairs: list[PairFacts] = field(default_factory=list)
    sides: dict[str, Side] = field(default_factory=dict)
    images_without_mask: tuple[str, ...] = ()
    masks_without_image: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, workspace: Workspace) -> "Proposal":
        """An empty proposal.

        Raises
        ------
        CellsegError
            Where the workspace cannot be written.
        """
        folder = workspace.inbox / f"{PREFIX}{uuid.uuid4().hex}"
        with disk_errors(workspace.root):
            folder.mkdir(parents=True)
        return cls(folder)

    def add(
        self,
        image: Image,
        mask: np.ndarray,
        *,
        image_name: str,
        mask_name: str,
        name: str | None = None,
        side: Side | None = None,
    ) -> PairFacts:
        """Take in a pair; its name in the dataset is made of `name`, else of `image_name`.

        Parameters
        ----------
        mask : (Y, X) of the image's size, unsigned integer.

        Raises
        ------
        CellsegError
            Where the disk is full or cannot be written.
        """
        taken = {pair.name for pair in self.pairs}
        safe = free_name(name or Path(image_name).stem, taken)
        with disk_errors(self.folder):
            facts = self.files.write(safe, image, mask, image_name, mask_name)
        self.pairs.append(facts)
        if side is not None:
            self.sides[safe] = side
        return facts

    @property
    def files(self) -> PairFiles:
        """Where the pairs lie."""
        return PairFiles(self.folder)

    @property
    def masks(self) -> list[MaskFacts]:
        """The facts of all masks."""
        return [pair.mask for pair in self.pairs]

    @property
    def kind(self) -> MaskKind:
        """The kind of mask that the values of all masks speak for."""
        return decide_kind(self.masks)

    @property
    def values(self) -> tuple[int, ...]:
        """The distinct values of all masks, sorted; of label images only some."""
        return all_values(self.masks)

    def preview(
        self, name: str, kind: MaskKind | None = None, values: Sequence[int] = ()
    ) -> tuple[np.ndarray, np.ndarray]:
        """Thumbnails of a pair.

        Parameters
        ----------
        name : of the pair.
        kind : how the masks are to be read; None means as they speak for themselves.
        values : the values that are cell; empty means every value but 0.

        Returns
        -------
        The image, (y, x, 3) uint8, and where its cells are, (y, x) bool; at most 256 x 256.
        """
        rgb8, mask = self.files.preview(name)
        kind = kind or self.kind
        if kind == "grey" and not values:
            return rgb8, mask != 0
        if kind == "binary" and not values:
            values = soft_foreground(self.masks)
        return rgb8, foreground(mask, kind, values)

    def discard(self) -> None:
        """Delete what was decoded; the files that were brought are not touched."""
        shutil.rmtree(self.folder, ignore_errors=True)
