"""The check of a folder or zip, and its repaired copy in another folder; saves no dataset."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cellseg.datasets.intake import importing
from cellseg.datasets.intake.checks import proposal_repairs
from cellseg.datasets.intake.checks.finding import Finding, plural
from cellseg.datasets.intake.proposal import Proposal
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.images.writing import mask_tiff_bytes, tiff_bytes
from cellseg.workspace import Workspace, disk_errors

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class FolderCheck:
    """The result of a check.

    pairs : number of pairs that can be used.
    findings : those left after the repairs.
    layout : how the files are laid out, as a sentence.
    left_out : names of files that are neither image nor mask.
    repaired : a sentence for each repair.
    """

    pairs: int
    findings: tuple[Finding, ...]
    layout: str = ""
    left_out: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity != "error" for finding in self.findings)

    def lines(self) -> list[str]:
        """The result as lines for a terminal."""
        lines = [self.layout] if self.layout else []
        lines.append(plural(self.pairs, "pair") + " of image and mask.")
        if self.left_out:
            shown = ", ".join(self.left_out[:3])
            lines.append(f"Left out: {shown}{' ...' if len(self.left_out) > 3 else ''}")
        for finding in self.findings:
            repair = f" (repair: {finding.repair})" if finding.repair else ""
            lines.append(f"{finding.severity} {finding.check}: {finding.sentence}{repair}")
        if not self.findings:
            lines.append("The check found no problems.")
        return lines

    def as_json(self) -> dict[str, object]:
        """The result as the command line prints it with `--json`."""
        return {
            "pairs": self.pairs,
            "findings": [finding.as_json() for finding in self.findings],
        }


def check_folder(
    path: Path,
    *,
    view: View | None = None,
    repair: Path | None = None,
    progress: Progress | None = None,
) -> FolderCheck:
    """Check a folder or a zip of images and masks; its files stay as they are.

    Parameters
    ----------
    view : which planes and channels of each file are used.
    repair : a new folder for the pairs after the first repair of each finding: `images/` and
        `masks/`, below `train/` and `test/` where there is a split.
    progress : called with (pairs done, number of pairs, name).

    Raises
    ------
    CellsegError
        Where `path` does not exist, or the folder for the repaired pairs is not empty.
    """
    if not path.exists():
        raise CellsegError(f"{path} does not exist; give a folder or a zip of images and masks.")
    if repair is not None:
        _check_empty(repair)
    with tempfile.TemporaryDirectory(prefix="cellseg-", ignore_cleanup_errors=True) as folder:
        try:
            proposal = importing.inspect(Workspace(folder), path, view=view, progress=progress)
        except CellsegError as error:
            return FolderCheck(0, (Finding("no-pairs", "error", (), str(error)),))
        repaired = proposal_repairs.apply_all(proposal) if repair is not None else []
        if repair is not None:
            _write_pairs(proposal, repair)
        layout = proposal.recognised.layout.sentence if proposal.recognised else ""
        return FolderCheck(
            len(proposal.pairs),
            tuple(proposal.findings),
            layout,
            proposal.left_out,
            tuple(repaired),
        )


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CellsegError(
            f"{folder} is not empty; repaired images go to a new folder, so that no file is "
            "overwritten; name another folder."
        )


def _write_pairs(proposal: Proposal, folder: Path) -> None:
    """Write all pairs as TIFF files."""
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
