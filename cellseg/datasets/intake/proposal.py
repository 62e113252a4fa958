"""Pairs on their way into a dataset: decoded, checked and shown, but not yet kept."""

import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cellseg.datasets.intake.doctor.examine import examine
from cellseg.datasets.intake.doctor.facts import Facts
from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.ward import (
    Case,
    Held,
    Lost,
    Ward,
)
from cellseg.datasets.intake.layouts import Layout, Recognised
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
from cellseg.images.example import ExampleFile
from cellseg.images.image import Image
from cellseg.images.view import View
from cellseg.images.writing import png_bytes
from cellseg.workspace import Workspace, disk_errors

PREFIX = "proposal-"


@dataclass
class Proposal:
    """What `inspect` found, in a folder of the workspace's inbox until it is kept or discarded.

    pairs : the facts of the pairs that can be kept.
    sides : the side of the split of those pairs that came from `train/` or `test/` folders.
    images_without_mask, masks_without_image, left_out : names of files that are in no pair.
    recognised : the layout, and everything that can be an image or a mask.
    remarks : sentences about how files were read.
    facts : what the doctor measured, by the names of the pairs.
    held : pairs that do not fit so, and can perhaps be repaired; their pixels lie in `held_file`.
    lost : files that cannot be kept.
    findings : what the doctor found.
    repairs : the names of the repairs that were made.
    pictures : small pictures, PNG, of some files without a partner, by their names.
    view : what was taken of each image file.
    example : an image file of which there is something to choose, or None.
    """

    folder: Path
    pairs: list[PairFacts] = field(default_factory=list)
    sides: dict[str, Side] = field(default_factory=dict)
    images_without_mask: tuple[str, ...] = ()
    masks_without_image: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    recognised: Recognised | None = None
    remarks: list[str] = field(default_factory=list)
    facts: dict[str, Facts] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    pictures: dict[str, Path] = field(default_factory=dict)
    view: View = field(default_factory=View)
    example: ExampleFile | None = None

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
    def layout(self) -> Layout:
        """How the files are laid out."""
        return self.recognised.layout if self.recognised else Layout("none", "Drawn by cellseg.")

    def rewritten(self, pair: PairFacts, image: Image, mask: np.ndarray) -> PairFacts:
        """Write other pixels for a pair; the facts that it has then.

        Parameters
        ----------
        mask : (Y, X) of the image's size, unsigned integer.

        Raises
        ------
        CellsegError
            Where the disk is full or cannot be written.
        """
        with disk_errors(self.folder):
            return self.files.write(pair.name, image, mask, pair.image_name, pair.mask_name)

    def drop(self, names: Iterable[str]) -> None:
        """Leave pairs out."""
        out = set(names)
        self.pairs = [pair for pair in self.pairs if pair.name not in out]
        for name in out:
            self.files.remove(name)
            self.sides.pop(name, None)
            self.facts.pop(name, None)

    def hold(self, held: Held, image: Image, mask: np.ndarray) -> None:
        """Put a pair aside that does not fit so.

        Parameters
        ----------
        mask : (Y, X) or (Y, X, 3), of any size.

        Raises
        ------
        CellsegError
            Where the disk is full or cannot be written.
        """
        path = self.held_file(held.name)
        with disk_errors(self.folder):
            path.parent.mkdir(exist_ok=True)
            np.savez(path, image=image.pixels, mask=mask)
        self.held.append(held)

    def keep_picture(self, name: str, picture: np.ndarray) -> None:
        """Keep a small picture (y, x, 3), uint8, of a file that is in no pair.

        Raises
        ------
        CellsegError
            Where the disk is full or cannot be written.
        """
        path = self.folder / "alone" / f"{len(self.pictures)}.png"
        with disk_errors(self.folder):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(png_bytes(picture))
        self.pictures[name] = path

    def answered(self, check: str) -> None:
        """Forget findings of a check that a person has settled in another way."""
        self.findings = [finding for finding in self.findings if finding.check != check]

    def held_file(self, name: str) -> Path:
        """The arrays `image` and `mask` of a pair that was put aside."""
        return self.folder / "held" / f"{name}.npz"

    def examine(self) -> list[Finding]:
        """Let the doctor look at everything anew; also kept as `findings`."""
        self.findings = examine(self.ward)
        return self.findings

    @property
    def ward(self) -> Ward:
        """What the doctor looks at."""
        cases = (
            Case(
                pair.name,
                pair.image_name,
                pair.mask_name,
                pair.mask,
                self.facts[pair.name],
                self.sides.get(pair.name),
            )
            for pair in self.pairs
            if pair.name in self.facts
        )
        return Ward(
            tuple(cases),
            tuple(self.held),
            tuple(self.lost),
            self.images_without_mask,
            self.masks_without_image,
        )

    @property
    def warnings(self) -> list[str]:
        """Sentences about pairs that are kept."""
        kept = {pair.name for pair in self.pairs}
        found = [finding.sentence for finding in self.findings if kept & set(finding.pairs)]
        return [*self.remarks, *found]

    @property
    def problems(self) -> list[str]:
        """Sentences about files that cannot be kept."""
        return [lost.sentence for lost in self.lost] + [held.sentence for held in self.held]

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
