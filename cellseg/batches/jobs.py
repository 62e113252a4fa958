"""Start, stop and resume batches, each in a process of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from filelock import FileLock

from cellseg import naming, processes
from cellseg.batches.batch import SOURCES, Batch
from cellseg.batches.store import BatchStore, link
from cellseg.batches.truth import mask_by_image
from cellseg.config import PredictionOptions
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake.archive import unpack
from cellseg.datasets.intake.pairing import pair_separate
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.models.store import Model
from cellseg.source import Source
from cellseg.workspace import Workspace

WORKER = "cellseg.batches.worker"
"""The module that the process runs."""


def start(
    workspace: Workspace,
    sources: Sequence[Source] | Dataset,
    model: Model,
    options: PredictionOptions | None = None,
    name: str = "",
    pixel_size: float | None = None,
    truth: Sequence[Source] = (),
    view: View | None = None,
) -> Batch:
    """Segment many images in a process of its own, which outlives this one.

    Where another batch of the workspace runs, this one waits for it: each loads a network into
    memory and keeps all processors busy, so that two at once end no sooner, while one that waits
    needs nobody to come back and start it.

    Parameters
    ----------
    sources : files by the names that the user knows, or a dataset, whose masks are the truth then.
        A zip gives the images in it. Files below the inbox come into the batch (the disk holds
        them once where it can; the upload itself stays), all others are read where they lie.
    name : of the batch; by default that of the dataset, of the folder or zip, or of the first file.
    pixel_size : side of a pixel in µm as entered; see `SegmentedImage.with_pixel_size`.
    truth : mask files, which find their images by name.
    view : what is taken of each file; by default what the model learned from.

    Raises
    ------
    CellsegError
        Where there is no image, a zip cannot be unpacked, or the disk is full.
    """
    limits = Limits.of(workspace)

    def gather(folder: Path) -> list[Source]:
        if isinstance(sources, Dataset):
            pairs = sources.pairs
            listed = [Source(one.image_name, pair=one.name) for one in pairs]
        else:
            images = _SourceFiles(workspace, folder, limits).files(sources)
            masks = _SourceFiles(workspace, folder, limits, "masks").files(truth)
            listed = _with_truth(images, masks)
        return _distinct(listed)

    batch = BatchStore(workspace).create(
        name.strip() or _name(sources),
        model,
        gather,
        options=options,
        pixel_size=pixel_size,
        view=view,
        dataset_id=sources.id if isinstance(sources, Dataset) else None,
    )
    processes.start(WORKER, batch.folder)
    return batch


def stop(batch: Batch) -> None:
    """Ask a batch to end after its current image; finished images are kept."""
    processes.request_stop(batch.folder)


def resume(batch: Batch) -> None:
    """Resume a batch that was stopped or interrupted; finished images are kept.

    Raises
    ------
    CellsegError
        Where it still runs.
    """
    with FileLock(batch.folder / ".lock"):
        progress = batch.progress()
        if not progress.ended:
            raise CellsegError(
                f"The segmentation {batch.name} is already running; wait for it or stop it."
            )
        if progress.state != "done":
            processes.start(WORKER, batch.folder)


class _SourceFiles:
    """The files of a new batch: zips are unpacked, uploads are kept, others stay in place."""

    def __init__(self, workspace: Workspace, folder: Path, limits: Limits, part: str = SOURCES):
        self._inbox = workspace.inbox.resolve()
        self._folder = folder
        self._part = part
        self._limits = limits
        self._number = 0

    def files(self, selected: Sequence[Source]) -> list[Source]:
        """The sources, without the files of a folder or zip that are no images."""
        sources = [one for source in selected for one in self._files(source)]
        others = {one.name for one in sources if "/" in one.name}
        others &= set(pair_separate([one.name for one in sources], []).left_out)
        return [one for one in sources if one.name not in others]

    def _files(self, upload: Source) -> Iterator[Source]:
        if PurePosixPath(upload.name).suffix.lower() == ".zip":
            target = self._place("")
            target.mkdir()
            for name, path in unpack(upload.path, target, upload.name, self._limits).items():
                inside = name if "/" in name else f"{PurePosixPath(upload.name).stem}/{name}"
                yield self._source(inside, path)
        elif self._inbox in upload.path.resolve().parents:
            target = self._place(upload.path.suffix.lower())
            link(upload.path, target)
            yield self._source(upload.name, target)
        else:
            yield Source(upload.name, upload.path.absolute())

    def _source(self, name: str, path: Path) -> Source:
        return Source(name, path.relative_to(self._folder))

    def _place(self, suffix: str) -> Path:
        folder = self._folder / self._part
        folder.mkdir(exist_ok=True)
        self._number += 1
        return folder / f"{self._number:05d}{suffix}"


def _with_truth(images: Sequence[Source], masks: Sequence[Source]) -> list[Source]:
    """The images, each with the mask that belongs to it by name."""
    paths = {mask.name: mask for mask in masks}
    mask_of = mask_by_image([image.name for image in images], list(paths))
    return [
        replace(image, truth=paths[mask_of[image.name]]) if image.name in mask_of else image
        for image in images
    ]


def _distinct(sources: Sequence[Source]) -> list[Source]:
    """The sources with names of which none is another's."""
    named = naming.distinct(source.name for source in sources)
    return [replace(source, name=name) for source, name in zip(sources, named, strict=True)]


def _name(sources: Sequence[Source] | Dataset) -> str:
    """The default name of a batch."""
    if isinstance(sources, Dataset):
        return sources.name
    first = PurePosixPath(sources[0].name if sources else "images")
    base = first.parts[0] if len(first.parts) > 1 else first.stem
    return base[:60].strip() or "images"
