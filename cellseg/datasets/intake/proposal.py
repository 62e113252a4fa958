"""A proposed dataset: pairs that are decoded, checked and shown, but not yet saved."""

import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cellseg.datasets.intake.checks.all_checks import run_checks
from cellseg.datasets.intake.checks.dataset_facts import (
    DatasetFacts,
    MatchedPair,
    MismatchedPair,
    SkippedFile,
)
from cellseg.datasets.intake.checks.finding import Finding
from cellseg.datasets.intake.checks.pair_measurements import PairMeasurements
from cellseg.datasets.intake.layouts import Layout, RecognisedLayout
from cellseg.datasets.masks import (
    MaskFacts,
    MaskKind,
    all_values,
    decide_kind,
    foreground,
    soft_foreground,
)
from cellseg.datasets.pairs import PairFacts, PairFiles, pair_name
from cellseg.datasets.split import Side
from cellseg.images.example import ExampleFile
from cellseg.images.image import Image
from cellseg.images.view import View
from cellseg.images.writing import png_bytes
from cellseg.workspace import Workspace, disk_errors

PREFIX = "proposal-"


@dataclass
class Proposal:
    """A proposed dataset, in a folder of the workspace's inbox until it is saved or discarded.

    folder : of its files.
    pairs : facts of the pairs that can be saved.
    sides : side of the split, by pair name, of pairs from `train/` or `test/` folders.
    images_without_mask, masks_without_image, left_out : names of files that are in no pair.
    recognised : the layout, and everything that can be an image or a mask.
    remarks : sentences about how files were read.
    measurements : by pair name, for the checks.
    mismatched : pairs whose image and mask do not fit; a repair may help. Their pixels are in
        `mismatched_file`.
    skipped : files that cannot be used.
    findings : of the checks.
    repairs : names of the repairs that were applied.
    thumbnails : PNG files of some images without a partner, by the names of the images.
    view : which planes and channels of each image file are used.
    example : an image file with several planes or channels to choose from, or None.
    """

    folder: Path
    pairs: list[PairFacts] = field(default_factory=list)
    sides: dict[str, Side] = field(default_factory=dict)
    images_without_mask: tuple[str, ...] = ()
    masks_without_image: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    recognised: RecognisedLayout | None = None
    remarks: list[str] = field(default_factory=list)
    measurements: dict[str, PairMeasurements] = field(default_factory=dict)
    mismatched: list[MismatchedPair] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    thumbnails: dict[str, Path] = field(default_factory=dict)
    view: View = field(default_factory=View)
    example: ExampleFile | None = None

    @classmethod
    def create(cls, workspace: Workspace) -> "Proposal":
        """Create an empty proposal.

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
        """Add a pair, under a free name made from `name`, else from `image_name`.

        Parameters
        ----------
        mask : (Y, X) of the image's size, unsigned integer.

        Raises
        ------
        CellsegError
            Where the disk is full or cannot be written.
        """
        taken = {pair.name for pair in self.pairs}
        safe = pair_name(name or Path(image_name).stem, taken)
        with disk_errors(self.folder):
            facts = self.files.write(safe, image, mask, image_name, mask_name)
        self.pairs.append(facts)
        if side is not None:
            self.sides[safe] = side
        return facts

    @property
    def layout(self) -> Layout:
        """Layout of the files."""
        return (
            self.recognised.layout
            if self.recognised
            else Layout("none", "cellseg drew the images.")
        )

    def rewrite(self, pair: PairFacts, image: Image, mask: np.ndarray) -> PairFacts:
        """Replace the pixels of a pair; returns its new facts.

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

    def remove(self, names: Iterable[str]) -> None:
        """Remove pairs and their files."""
        out = set(names)
        self.pairs = [pair for pair in self.pairs if pair.name not in out]
        for name in out:
            self.files.remove(name)
            self.sides.pop(name, None)
            self.measurements.pop(name, None)

    def add_mismatched(self, pair: MismatchedPair, image: Image, mask: np.ndarray) -> None:
        """Add a pair whose image and mask do not fit.

        Parameters
        ----------
        mask : (Y, X) or (Y, X, 3), of any size.

        Raises
        ------
        CellsegError
            Where the disk is full or cannot be written.
        """
        path = self.mismatched_file(pair.name)
        with disk_errors(self.folder):
            path.parent.mkdir(exist_ok=True)
            np.savez(path, image=image.pixels, mask=mask)
        self.mismatched.append(pair)

    def add_thumbnail(self, name: str, picture: np.ndarray) -> None:
        """Store a thumbnail, uint8 (Y, X, 3), of an image that is in no pair.

        Raises
        ------
        CellsegError
            Where the disk is full or cannot be written.
        """
        path = self.folder / "thumbnails" / f"{len(self.thumbnails)}.png"
        with disk_errors(self.folder):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(png_bytes(picture))
        self.thumbnails[name] = path

    def dismiss(self, check: str) -> None:
        """Remove the findings of a check, for the user has made the choice it asks for."""
        self.findings = [finding for finding in self.findings if finding.check != check]

    def mismatched_file(self, name: str) -> Path:
        """NPZ file with the arrays `image` and `mask` of a mismatched pair."""
        return self.folder / "mismatched" / f"{name}.npz"

    def run_checks(self) -> list[Finding]:
        """Run all checks again; the findings are also stored in `findings`."""
        self.findings = run_checks(self.checked_facts)
        return self.findings

    @property
    def checked_facts(self) -> DatasetFacts:
        """Pairs and files as the checks see them."""
        pairs = (
            MatchedPair(
                pair.name,
                pair.image_name,
                pair.mask_name,
                pair.mask,
                self.measurements[pair.name],
                self.sides.get(pair.name),
            )
            for pair in self.pairs
            if pair.name in self.measurements
        )
        return DatasetFacts(
            tuple(pairs),
            tuple(self.mismatched),
            tuple(self.skipped),
            self.images_without_mask,
            self.masks_without_image,
        )

    @property
    def warnings(self) -> list[str]:
        """Sentences about pairs that can be saved."""
        kept = {pair.name for pair in self.pairs}
        found = [finding.sentence for finding in self.findings if kept & set(finding.pairs)]
        return [*self.remarks, *found]

    @property
    def problems(self) -> list[str]:
        """Sentences about files that cannot be saved."""
        skipped = [file.sentence for file in self.skipped]
        return skipped + [pair.sentence for pair in self.mismatched]

    @property
    def files(self) -> PairFiles:
        """Files of the pairs."""
        return PairFiles(self.folder)

    @property
    def masks(self) -> list[MaskFacts]:
        """Facts of all masks."""
        return [pair.mask for pair in self.pairs]

    @property
    def kind(self) -> MaskKind:
        """Kind of the masks, decided by the values of all masks."""
        return decide_kind(self.masks)

    @property
    def values(self) -> tuple[int, ...]:
        """Distinct values of all masks, ascending; of label images only the smallest."""
        return all_values(self.masks)

    def preview(
        self, name: str, kind: MaskKind | None = None, values: Sequence[int] = ()
    ) -> tuple[np.ndarray, np.ndarray]:
        """Thumbnails of a pair.

        Parameters
        ----------
        name : of the pair.
        kind : of the masks; None decides by their values.
        values : mask values that mean cell; empty means all values but 0.

        Returns
        -------
        The image, uint8 (Y, X, 3), and its cells, bool (Y, X); at most 256 x 256 pixels.
        """
        rgb8, mask = self.files.preview(name)
        kind = kind or self.kind
        if kind == "grey" and not values:
            return rgb8, mask != 0
        if kind == "binary" and not values:
            values = soft_foreground(self.masks)
        return rgb8, foreground(mask, kind, values)

    def discard(self) -> None:
        """Delete the proposal; the user's files stay as they are."""
        shutil.rmtree(self.folder, ignore_errors=True)
