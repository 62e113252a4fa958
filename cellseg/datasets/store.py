"""The datasets of a workspace: create, add pairs, rename, delete."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import filelock

from cellseg.datasets.additions import check_same_view, extended_record, new_pairs
from cellseg.datasets.dataset import Dataset as Dataset
from cellseg.datasets.dataset import DatasetRecord, fingerprint
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.masks import (
    MaskKind,
    choose_encoding,
)
from cellseg.datasets.split import split_by_folders, split_by_hand
from cellseg.errors import CellsegError
from cellseg.workspace import (
    Workspace,
    checked_name,
    disk_errors,
    free_id,
    known_folder,
    unreadable,
)

_LOCK_SECONDS = 60
_MAX_NOTES = 10_000


class DatasetStore:
    """The datasets in `workspace.datasets`, one folder each.

    A new dataset appears completely or not at all. A file lock lets one process at a time change
    datasets.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def all(self) -> list[Dataset]:
        """All datasets, newest first; unreadable ones are skipped."""
        found = []
        folder = self.workspace.datasets
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if known_folder(folder, path.name):
                try:
                    found.append(Dataset.read(path))
                except CellsegError:
                    continue
        return sorted(found, key=lambda dataset: dataset.created, reverse=True)

    def unreadable(self) -> list[str]:
        """Names of the folders whose dataset is damaged or of another version of cellseg."""
        return unreadable(self.workspace.datasets, Dataset.read)

    def get(self, id_or_name: str) -> Dataset:
        """The dataset with this id, or else with this name, ignoring case.

        Raises
        ------
        CellsegError
            Where no dataset has it, or its record cannot be read.
        """
        folder = known_folder(self.workspace.datasets, id_or_name)
        if folder is not None:
            return Dataset.read(folder)
        datasets = self.all()
        for dataset in datasets:
            if dataset.name.casefold() == id_or_name.strip().casefold():
                return dataset
        names = ", ".join(dataset.name for dataset in datasets[:10])
        known = f"the datasets are: {names}" if names else "there is no dataset yet; import one"
        raise CellsegError(f"No dataset is named {id_or_name}; {known}.")

    def create(
        self,
        proposal: Proposal,
        name: str,
        kind: MaskKind | None = None,
        foreground: Sequence[int] | None = None,
        sample: bool = False,
    ) -> Dataset:
        """Save the pairs of a proposal as a new dataset.

        Parameters
        ----------
        name : at most 60 characters, not that of another dataset.
        kind : of the masks; None decides by their values.
        foreground : mask values that mean cell; needed for grey masks.
        sample : whether this is the sample dataset that cellseg drew.

        Raises
        ------
        CellsegError
            For an invalid name or that of another dataset; fewer than two pairs; masks that do
            not fit the encoding (see `choose_encoding`); a disk that is full or cannot be
            written. Nothing is saved then, and the proposal stays.
        """
        with self._locked():
            name = checked_name(name, "dataset", [other.name for other in self.all()])
            split = split_by_folders(
                {pair.name: proposal.sides.get(pair.name) for pair in proposal.pairs}
            )
            encoding = choose_encoding(proposal.masks, kind, foreground)
            if encoding.foreground or encoding.kind != "grey":
                proposal.dismiss("grey-values")
            record = DatasetRecord(
                name=name,
                created=datetime.now(UTC).isoformat(timespec="microseconds"),
                scale=encoding,
                pairs=tuple(pair.with_label_count(encoding.kind) for pair in proposal.pairs),
                split=split,
                warnings=(
                    *proposal.warnings,
                    *_duplicate_warning(self.duplicate_of(proposal, kind, foreground)),
                ),
                sample=sample,
                view=proposal.view,
            )
            target = self.workspace.datasets / free_id(self.workspace.datasets, name)
            with self.workspace.staged(target) as folder:
                staged = Dataset(folder, record)
                for pair in record.pairs:
                    proposal.files.copy(pair.name, staged.files, pair.name)
                record.write(folder)
        return Dataset(target, record)

    def add(self, dataset: Dataset, proposal: Proposal) -> Dataset:
        """Add the pairs of a proposal to a dataset; pairs that it has already are skipped.

        All earlier pairs keep their side of the split.

        Raises
        ------
        CellsegError
            Where no pair is new, the masks have another encoding (see `joined_kind`), other planes
            or channels were used, or the disk is full or cannot be written. The dataset stays as
            it was then.
        """
        with self._locked():
            dataset = self.get(dataset.id)
            check_same_view(dataset, proposal)
            new = new_pairs(dataset, proposal)
            record = extended_record(dataset.record, list(new.values()), proposal)
            try:
                with disk_errors(self.workspace.root):
                    for source, pair in new.items():
                        proposal.files.copy(source, dataset.files, pair.name)
                    record.write(dataset.folder)
            except BaseException:
                for pair in new.values():
                    dataset.files.remove(pair.name)
                raise
        return Dataset(dataset.folder, record)

    def duplicate_of(
        self,
        proposal: Proposal,
        kind: MaskKind | None = None,
        foreground: Sequence[int] | None = None,
    ) -> Dataset | None:
        """The dataset with the same pixels and the same mask encoding as a proposal, or None."""
        try:
            wanted = fingerprint(proposal.pairs, choose_encoding(proposal.masks, kind, foreground))
        except CellsegError:
            return None
        return next((known for known in self.all() if known.fingerprint == wanted), None)

    def set_test_pairs(self, dataset_id: str, test: Iterable[str]) -> Dataset:
        """Make these the test pairs; all others train. Runs that have started keep their split.

        Raises
        ------
        CellsegError
            For an unknown id or pair, or where no pair is left to train.
        """
        with self._locked():
            dataset = self.get(dataset_id)
            split = split_by_hand(dataset.split, test)
            record = dataset.record.model_copy(update={"split": split})
            record.write(dataset.folder)
        return Dataset(dataset.folder, record)

    def set_notes(self, dataset_id: str, notes: str) -> Dataset:
        """Store the user's notes on a dataset.

        Raises
        ------
        CellsegError
            For an unknown id, or notes of more than 10 000 characters.
        """
        if len(notes) > _MAX_NOTES:
            raise CellsegError(
                f"The notes have {len(notes):,} characters; at most {_MAX_NOTES:,} "
                "fit; shorten them."
            )
        with self._locked():
            dataset = self.get(dataset_id)
            record = dataset.record.model_copy(update={"notes": notes.strip()})
            record.write(dataset.folder)
        return Dataset(dataset.folder, record)

    def rename(self, dataset_id: str, new: str) -> Dataset:
        """Rename a dataset; its id stays.

        Raises
        ------
        CellsegError
            For an unknown id, an invalid name or that of another dataset.
        """
        with self._locked():
            dataset = self.get(dataset_id)
            others = [other.name for other in self.all() if other.id != dataset.id]
            record = dataset.record.model_copy(
                update={"name": checked_name(new, "dataset", others)}
            )
            record.write(dataset.folder)
        return Dataset(dataset.folder, record)

    def delete(self, dataset_id: str) -> None:
        """Delete a dataset; its runs and models stay.

        Raises
        ------
        CellsegError
            For an unknown id, or a disk that cannot be written.
        """
        with self._locked():
            folder = known_folder(self.workspace.datasets, dataset_id)
            if folder is None:
                raise CellsegError(f"There is no dataset {dataset_id}; it may have been deleted.")
            self.workspace.remove(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock that lets one process at a time change datasets."""
        with disk_errors(self.workspace.root):
            self.workspace.datasets.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.workspace.datasets / ".lock", timeout=_LOCK_SECONDS)
            try:
                lock.acquire()
            except filelock.Timeout:
                raise CellsegError(
                    "Another import or change of datasets has been running for more than "
                    f"{_LOCK_SECONDS} s; try again when it has finished."
                ) from None
        try:
            yield
        finally:
            lock.release()


def _duplicate_warning(duplicate: Dataset | None) -> list[str]:
    if duplicate is None:
        return []
    return [f"The dataset {duplicate.name} has the same images and masks already."]
