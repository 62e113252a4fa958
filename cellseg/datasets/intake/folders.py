"""A folder of images and masks as a dataset: in the workspace, or temporary."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cellseg import naming
from cellseg.datasets.dataset import Dataset, DatasetRecord, fingerprint
from cellseg.datasets.intake import importing
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.masks import choose_encoding
from cellseg.datasets.split import Split
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.limits import FILE, Limits
from cellseg.workspace import Workspace, write_json


def import_folder(
    workspace: Workspace,
    path: Path,
    progress: importing.Progress | None = None,
    view: View | None = None,
) -> Dataset:
    """Import a folder as a dataset named after it; a dataset with equal pixels is reused.

    Raises
    ------
    CellsegError
        As `importing.inspect` and `DatasetStore.create`.
    """
    store = DatasetStore(workspace)
    proposal = importing.inspect(workspace, path, view=view, progress=progress)
    try:
        _require_pairs(proposal, path)
        known = store.all()
        wanted = fingerprint(proposal.pairs, choose_encoding(proposal.masks))
        for dataset in known:
            if dataset.fingerprint == wanted:
                return dataset
        wish = path.resolve().name[:50] or "folder"
        name = naming.numbered(wish, (dataset.name for dataset in known))
        return store.create(proposal, name)
    finally:
        proposal.discard()


@contextmanager
def temporary_dataset(
    path: Path,
    progress: importing.Progress | None = None,
    view: View | None = None,
    limits: Limits | None = None,
) -> Iterator[Dataset]:
    """A dataset of a folder that exists within a `with` block; all its pairs test.

    Parameters
    ----------
    limits : None means the default limits.

    Raises
    ------
    CellsegError
        As `importing.inspect`.
    """
    with tempfile.TemporaryDirectory(prefix="cellseg-", ignore_cleanup_errors=True) as folder:
        workspace = Workspace(folder)
        if limits is not None:
            write_json(workspace.root / FILE, limits.model_dump(mode="json"))
        proposal = importing.inspect(workspace, path, view=view, progress=progress)
        _require_pairs(proposal, path)
        encoding = choose_encoding(proposal.masks)
        record = DatasetRecord(
            name=path.resolve().name,
            created=datetime.now(UTC).isoformat(),
            scale=encoding,
            pairs=tuple(pair.with_label_count(encoding.kind) for pair in proposal.pairs),
            split=Split(train=(), test=tuple(sorted(pair.name for pair in proposal.pairs))),
            warnings=tuple(proposal.warnings),
            view=proposal.view,
        )
        yield Dataset(proposal.folder, record)


def _require_pairs(proposal: Proposal, path: Path) -> None:
    """Refuse a folder without a usable pair, with the reason why there is none."""
    if proposal.pairs:
        return
    reasons = [*proposal.problems, *(finding.sentence for finding in proposal.findings)]
    raise CellsegError(reasons[0] if reasons else f"No image in {path} has a matching mask.")
