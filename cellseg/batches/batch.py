"""A batch on disk, as its readers see it: settings, progress and segmented images.

`batch.json` holds the settings; `images/SOURCE-NUMBER/` holds each segmented image;
`done/SOURCE.json` says that a source is finished, or why it failed. The worker alone writes these
two, and its `status.json`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from cellseg import processes
from cellseg.analysis.measurements import checked_pixel_size
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.config import Frozen, Moment, PredictionOptions
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.models.facts import ModelFacts
from cellseg.models.store import Model
from cellseg.source import Source
from cellseg.workspace import read_json, size_on_disk, write_json

RECORD, IMAGES, DONE, SOURCES = "batch.json", "images", "done", "sources"
State = Literal["starting", "running", "done", "stopped", "failed", "interrupted"]
ENDED = frozenset({"done", "stopped", "failed", "interrupted"})


class BatchConfig(Frozen):
    """The settings of a batch.

    model_id, model : the model, and its facts, in case it is deleted.
    pixel_size : side of a pixel in µm as entered; see `SegmentedImage.with_pixel_size`.
    view : what is taken of each file.
    dataset_id : where the sources are the images of a dataset, with its masks as truth.
    """

    format: Literal[1] = 1
    name: str
    created: Moment
    model_id: str
    model: ModelFacts
    options: PredictionOptions = PredictionOptions()
    pixel_size: float | None = None
    view: View = View()
    sources: tuple[Source, ...]
    dataset_id: str | None = None


class Status(processes.WorkerStatus):
    """Content of the status file of a batch, which its worker writes."""

    state: Literal["running", "done", "stopped", "failed"]


class Progress(NamedTuple):
    """The state of a batch now.

    phase : what its worker does, in a few words. done, of : number of files finished, and of all.
    remaining_s : estimate in seconds; None where there is none. message : a sentence about its end.
    """

    state: State
    phase: str
    done: int
    of: int
    remaining_s: float | None
    message: str | None

    @property
    def ended(self) -> bool:
        """Whether its worker has ended."""
        return self.state in ENDED


class Batch:
    """One batch; its folder's name is its id, which stays when it is renamed."""

    def __init__(self, folder: Path, config: BatchConfig) -> None:
        self.folder = folder
        self.config = config

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.config.name

    @property
    def model(self) -> Model:
        """The model as it was; its folder may be gone."""
        folder = self.folder.parent.parent / "models" / self.config.model_id
        return Model(folder, self.config.model)

    @property
    def bytes(self) -> int:
        """Its size on disk."""
        return size_on_disk(self.folder)

    def path(self, source: Source) -> Path:
        """Where the bytes of a source lie."""
        return self.folder / source.path

    def images(self) -> list[SegmentedImage]:
        """The images that are segmented so far, in the order of the sources."""
        folder = self.folder / IMAGES
        children = sorted(folder.iterdir()) if folder.is_dir() else []
        read = [SegmentedImage.read(child) for child in children]
        images = [image for image in read if image is not None]
        if (size := self.config.pixel_size) is not None:
            return [image.with_pixel_size(size) for image in images]
        return images

    def failed(self) -> list[tuple[str, str]]:
        """Name and sentence of each source that could not be segmented to its end."""
        problems = []
        for number, source in enumerate(self.config.sources):
            facts = read_json(done_file(self.folder, number))
            if facts and facts["problem"]:
                problems.append((source.name, facts["problem"]))
        return problems

    def progress(self) -> Progress:
        """How far it is; a worker that is gone or silent for 60 s counts as interrupted."""
        folder = self.folder / DONE
        done = sum(1 for _ in folder.glob("*.json")) if folder.is_dir() else 0
        of = len(self.config.sources)
        status, left = self.status(), None
        state: State
        if status is None:
            phase = "Starting"
            message = processes.start_problem(self.folder, self.config.created, "batch")
            state = "interrupted" if message else "starting"
        else:
            state, phase, message = status.state, status.phase, status.message
            left = status.remaining_s
            if state == "running" and (lost := processes.heartbeat_problem(status, "batch")):
                state, left, message = "interrupted", None, lost
        if done >= of and state != "running":  # also where it was kept from a page, or killed late
            state, phase, message = "done", "", message if state == "done" else None
        return Progress(state, phase, done, of, left, message)

    def status(self) -> Status | None:
        """The status that the worker last wrote; None before the first one."""
        try:
            return Status.model_validate(read_json(self.folder / processes.STATUS))
        except ValidationError:
            return None

    def log_tail(self, lines: int = 20) -> list[str]:
        """The last lines of the worker's log."""
        return processes.log_tail(self.folder, lines)

    def set_truth(self, truths: Mapping[str, NDArray[np.integer] | None]) -> None:
        """Keep or forget the true cells of images, by their names.

        Raises
        ------
        CellsegError
            Where no image has such a name, or a truth has another size than its image.
        """
        by_name = {image.name: image for image in self.images()}
        if unknown := [name for name in truths if name not in by_name]:
            raise CellsegError(
                f"The batch {self.name} has no image {unknown[0]}; its images are named "
                f"{', '.join(list(by_name)[:3])} ..."
            )
        for name, labels in truths.items():
            by_name[name].set_truth(labels)

    def set_pixel_size(self, micrometres: float | None) -> "Batch":
        """The batch after an entered pixel size, in µm, was kept for all its images; None: none.

        Raises
        ------
        CellsegError
            Where it is no number above 0.
        """
        if micrometres is not None:
            checked_pixel_size(micrometres)
        return self._changed(pixel_size=micrometres)

    def save_name(self, name: str) -> "Batch":
        """The batch after a name was kept; see `BatchStore.rename`, which checks it."""
        return self._changed(name=name)

    def _changed(self, **changes: object) -> "Batch":
        config = self.config.model_copy(update=changes)
        write_config(self.folder, config)
        return Batch(self.folder, config)


def read_batch(folder: Path) -> Batch | None:
    """The batch in a folder, or None where there is none that can be read."""
    try:
        return Batch(folder, BatchConfig.model_validate(read_json(folder / RECORD)))
    except ValidationError:
        return None


def write_config(folder: Path, config: BatchConfig) -> None:
    """Write the settings of a batch."""
    write_json(folder / RECORD, config.model_dump(mode="json"))


def done_file(folder: Path, number: int) -> Path:
    """The file that says that the source of this number is finished."""
    return folder / DONE / f"{number:05d}.json"


def write_done(folder: Path, number: int, images: int, problem: str | None = None) -> None:
    """Note that a source is finished, or why it failed."""
    path = done_file(folder, number)
    path.parent.mkdir(exist_ok=True)
    write_json(path, {"images": images, "problem": problem})


def image_folder(folder: Path, number: int, image: int) -> Path:
    """Where in a batch the results of an image of a source lie."""
    return folder / IMAGES / f"{number:05d}-{image:05d}"
