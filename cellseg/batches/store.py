"""The batches of a workspace: make, find, rename, delete, and keep the results of a page."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from cellseg import naming
from cellseg.analysis.measurements import checked_pixel_size
from cellseg.batches.batch import (
    Batch,
    BatchConfig,
    image_folder,
    read_batch,
    write_config,
    write_done,
)
from cellseg.batches.segmented_image import SegmentedImage, rename
from cellseg.config import PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.models.facts import utc_now
from cellseg.models.store import Model
from cellseg.source import Source
from cellseg.workspace import (
    Workspace,
    checked_name,
    disk_errors,
    free_id,
    known_folder,
    unreadable,
)

_NAME = 60


class BatchStore:
    """The batches of one workspace, one folder each."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def all(self) -> list[Batch]:
        """Every readable batch, newest first."""
        folder = self.workspace.batches
        read = [read_batch(child) for child in folder.iterdir()] if folder.is_dir() else []
        batches = [batch for batch in read if batch is not None]
        return sorted(batches, key=lambda batch: (batch.config.created, batch.id), reverse=True)

    def unreadable(self) -> list[str]:
        """Names of the folders whose batch is damaged or of another version of cellseg."""
        return unreadable(self.workspace.batches, read_batch)

    def get(self, batch_id: str) -> Batch:
        """The batch of this id.

        Raises
        ------
        CellsegError
            Where there is none.
        """
        folder = known_folder(self.workspace.batches, batch_id)
        batch = read_batch(folder) if folder else None
        if batch is None:
            raise CellsegError(f"There are no results {batch_id}; they may have been deleted.")
        return batch

    def active(self) -> list[Batch]:
        """The batches whose workers run or wait."""
        return [batch for batch in self.all() if not batch.progress().ended]

    def size(self) -> int:
        """Bytes of all batches on disk."""
        return sum(batch.bytes for batch in self.all())

    def free_batch_name(self, name: str) -> str:
        """The name, with a number where another batch has it.

        Raises
        ------
        CellsegError
            Where it cannot be a name.
        """
        name = checked_name(name, "result", [])
        return naming.numbered(name, (batch.name for batch in self.all()), longest=_NAME)

    def create(
        self,
        name: str,
        model: Model,
        gather: Callable[[Path], Sequence[Source]],
        *,
        options: PredictionOptions | None = None,
        pixel_size: float | None = None,
        view: View | None = None,
        dataset_id: str | None = None,
    ) -> Batch:
        """Make a batch of which nothing is segmented yet; it appears whole or not at all.

        Parameters
        ----------
        gather : called with its folder before it appears, to put files there and name the sources.
        view : what is taken of each file; by default what the model learned from.

        Raises
        ------
        CellsegError
            Where there is no source, the pixel size is no number above 0, or the disk is full or
            cannot be written.
        """
        if pixel_size is not None:
            checked_pixel_size(pixel_size)
        created = utc_now()
        name = self.free_batch_name(name)
        stamp = f"{created:%Y%m%d-%H%M%S}-{name}"
        with disk_errors(self.workspace.root):
            self.workspace.batches.mkdir(parents=True, exist_ok=True)
        target = self.workspace.batches / free_id(self.workspace.batches, stamp)
        with self.workspace.staged(target) as folder:
            sources = tuple(gather(folder))
            if not sources:
                raise CellsegError("The files hold no image; add at least one.")
            config = BatchConfig(
                name=name,
                created=created,
                model_id=model.id,
                model=model.facts,
                options=options or PredictionOptions(),
                pixel_size=pixel_size,
                view=view or model.view,
                sources=sources,
                dataset_id=dataset_id,
            )
            write_config(folder, config)
        return Batch(target, config)

    def keep(
        self,
        images: Sequence[SegmentedImage],
        name: str,
        model: Model,
        *,
        options: PredictionOptions | None = None,
        pixel_size: float | None = None,
        view: View | None = None,
    ) -> Batch:
        """Copy results that lie elsewhere into a batch that is done, under the names they have now.

        Raises
        ------
        CellsegError
            As `create`.
        """

        def gather(folder: Path) -> list[Source]:
            for number, segmented in enumerate(images):
                place = image_folder(folder, number, 0)
                copy_folder(segmented.folder, place)
                rename(place, segmented.name)
                write_done(folder, number, images=1)
            return [Source(segmented.name) for segmented in images]

        return self.create(name, model, gather, options=options, pixel_size=pixel_size, view=view)

    def rename(self, batch: Batch, name: str) -> Batch:
        """Give a batch another name; its id and everything else stay.

        Raises
        ------
        CellsegError
            Where another batch has it, or it cannot be a name.
        """
        others = [other.name for other in self.all() if other.id != batch.id]
        return batch.save_name(checked_name(name, "result", others))

    def delete(self, batch: Batch) -> None:
        """Delete a batch and its files.

        Raises
        ------
        CellsegError
            Where its worker still runs.
        """
        if not batch.progress().ended:
            raise CellsegError(f"The segmentation {batch.name} is still running; stop it first.")
        self.workspace.remove(batch.folder)


def copy_folder(source: Path, target: Path) -> None:
    """The plain files of a folder in a new folder; the disk holds them once where it can.

    Files of results are only ever replaced whole, so that sharing them is safe.
    """
    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            link(path, target / path.name)


def link(source: Path, target: Path) -> None:
    """Hard-link a file to another path; copy it where the disk cannot link."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
