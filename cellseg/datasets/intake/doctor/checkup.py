"""A folder or zip, examined and repaired into another folder, without a dataset being made."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cellseg.datasets.intake import importing
from cellseg.datasets.intake.doctor import treatment
from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.ward import counted
from cellseg.datasets.intake.proposal import Proposal
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.images.writing import mask_tiff_bytes, tiff_bytes
from cellseg.workspace import Workspace, disk_errors

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Checkup:
    """What was found, and what was repaired.

    pairs : number of pairs that can be kept.
    findings : those that are left after the repairs.
    layout : a sentence on how the files are laid out.
    left_out : names of files that are neither image nor mask.
    repaired : a sentence for each repair.
    """

    pairs: int
    findings: tuple[Finding, ...]
    layout: str = ""
    left_out: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether no error is left."""
        return all(finding.severity != "error" for finding in self.findings)

    def lines(self) -> list[str]:
        """The findings for a person at a terminal."""
        said = [self.layout] if self.layout else []
        said.append(counted(self.pairs, "pair") + " of image and mask.")
        if self.left_out:
            shown = ", ".join(self.left_out[:3])
            said.append(f"Left out: {shown}{' ...' if len(self.left_out) > 3 else ''}")
        for finding in self.findings:
            repair = f" (repair: {finding.repair})" if finding.repair else ""
            said.append(f"{finding.severity} {finding.check}: {finding.sentence}{repair}")
        if not self.findings:
            said.append("Nothing was found that would harm a training.")
        return said

    def as_json(self) -> dict[str, object]:
        """What the command line prints."""
        return {
            "pairs": self.pairs,
            "findings": [finding.as_json() for finding in self.findings],
        }


def check(
    path: Path,
    *,
    view: View | None = None,
    repair: Path | None = None,
    progress: Progress | None = None,
) -> Checkup:
    """Examine a folder or a zip; nothing of it is changed.

    Parameters
    ----------
    view : what is taken of files that hold more than a picture.
    repair : a new folder for all pairs with every first repair made: `images/` and `masks/`,
        below `train/` and `test/` where there is a split.

    Raises
    ------
    CellsegError
        Where there is nothing of that name, or the folder for the repaired pairs is not new.
    """
    if not path.exists():
        raise CellsegError(f"{path} does not exist; give a folder or a zip of images and masks.")
    if repair is not None:
        _check_new(repair)
    with tempfile.TemporaryDirectory(prefix="cellseg-", ignore_cleanup_errors=True) as folder:
        try:
            proposal = importing.inspect(Workspace(folder), path, view=view, progress=progress)
        except CellsegError as error:
            return Checkup(0, (Finding("no-pairs", "error", (), str(error)),))
        repaired = treatment.apply_all(proposal) if repair is not None else []
        if repair is not None:
            _write(proposal, repair)
        layout = proposal.recognised.layout.sentence if proposal.recognised else ""
        return Checkup(
            len(proposal.pairs),
            tuple(proposal.findings),
            layout,
            proposal.left_out,
            tuple(repaired),
        )


def _check_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CellsegError(
            f"{folder} is there already; repaired images go to a new folder, so that nothing is "
            "overwritten; name another one."
        )


def _write(proposal: Proposal, folder: Path) -> None:
    """Write every pair as TIFF."""
    with disk_errors(folder):
        for pair in proposal.pairs:
            side = proposal.sides.get(pair.name, "train") if proposal.sides else ""
            contents = {
                "images": tiff_bytes(proposal.files.image(pair.name)),
                "masks": mask_tiff_bytes(proposal.files.mask(pair.name)),
            }
            for kind, content in contents.items():
                path = folder / side / kind / f"{pair.name}.tif"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
