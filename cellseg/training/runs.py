"""Training runs on disk: a folder for each run, with its settings, status and results."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import ValidationError

from cellseg import processes
from cellseg.config import Frozen, Moment
from cellseg.errors import CellsegError
from cellseg.images.view import View
from cellseg.processes import WorkerStatus
from cellseg.recipes.base import Start
from cellseg.recipes.curves import Row
from cellseg.recipes.registry import AnySettings
from cellseg.workspace import (
    Workspace,
    known_folder,
    read_json,
    size_on_disk,
    unreadable,
    write_json,
)

State = Literal["starting", "running", "finished", "stopped", "failed", "interrupted"]
ENDED = frozenset({"finished", "stopped", "failed", "interrupted"})


class RunConfig(Frozen):
    """Settings and data of a run, stored when it starts.

    recipe : its settings. train, test : names of pairs; the test images come from
    `test_dataset_id` where that is given. view : planes and channels that were read from each image
    file of the dataset. start : the model that is fine-tuned.
    """

    model_name: str
    created: Moment
    recipe: AnySettings
    dataset_id: str
    dataset_name: str
    dataset_fingerprint: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    test_dataset_id: str | None = None
    test_dataset_name: str | None = None
    view: View = View()
    start: Start | None = None
    versions: dict[str, str]


class Status(WorkerStatus):
    """Status that the worker of a run writes.

    state : as the worker writes it; readers infer `starting` and `interrupted`. share : fraction
    of the training that is done, 0 to 1, where it is known. computing : device and precision, such
    as `on CPU, bfloat16`.
    """

    state: Literal["running", "finished", "stopped", "failed"]
    epoch: int = 0
    step: int = 0
    steps: int = 0
    model_id: str | None = None
    majority_accuracy: float | None = None
    encoder_sha256: str | None = None
    share: float | None = None
    computing: str | None = None


class Progress(NamedTuple):
    """Progress of a run as readers see it; fields as in `Status`.

    epochs : number of epochs in the settings; None where they give minutes.
    """

    state: State
    phase: str
    epoch: int
    epochs: int | None
    step: int
    steps: int
    remaining_s: float | None
    message: str | None
    model_id: str | None
    majority_accuracy: float | None
    share: float | None = None
    computing: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self.state in ENDED


class Sample(NamedTuple):
    """Pictures of an image that is predicted after some epochs.

    image, truth : files of the image and of its true mask or outlines. epochs : file of the
    prediction by epoch.
    """

    name: str
    image: Path
    truth: Path
    epochs: Mapping[int, Path]


class Run:
    """A run folder as readers see it."""

    def __init__(self, folder: Path, config: RunConfig) -> None:
        self.folder = folder
        self.config = config

    @property
    def id(self) -> str:
        """Name of the folder: time of the start and name of the model."""
        return self.folder.name

    @property
    def stop_file(self) -> Path:
        """File that asks the worker to stop after the current batch."""
        return self.folder / "stop"

    @property
    def log(self) -> Path:
        """Output of the worker and its libraries."""
        return self.folder / "worker.log"

    @property
    def weights(self) -> Path:
        """File of the weights of the model."""
        return self.folder / "last.weights.h5"

    @property
    def best_on_test(self) -> Path:
        """File of the weights of the epoch with the highest IoU on the test images."""
        return self.folder / "best_on_test.weights.h5"

    @property
    def bytes(self) -> int:
        """Size on disk, bytes."""
        return size_on_disk(self.folder)

    def status(self) -> Status | None:
        """The last status of the worker; None before the first one."""
        try:
            return Status.model_validate(read_json(self.folder / "status.json"))
        except ValidationError:
            return None

    def progress(self) -> Progress:
        """Progress; a run whose worker ended or has not reported for 60 s counts as interrupted."""
        status = self.status()
        epochs = self.config.recipe.epochs
        if status is None:
            message = processes.start_problem(self.folder, self.config.created, "training")
            state: State = "interrupted" if message else "starting"
            return Progress(state, "Starting", 0, epochs, 0, 0, None, message, None, None)
        state, message = status.state, status.message
        if state == "running" and (problem := processes.heartbeat_problem(status, "training")):
            state, message = "interrupted", problem
        return Progress(
            state,
            status.phase,
            status.epoch,
            epochs,
            status.step,
            status.steps,
            status.remaining_s,
            message,
            status.model_id,
            status.majority_accuracy,
            status.share,
            status.computing,
        )

    def metrics(self) -> list[Row]:
        """One row for each completed epoch; see `MetricsFile`.

        Incomplete and damaged lines are left out.
        """
        try:
            text = (self.folder / "metrics.jsonl").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        rows = [_row(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [row for row in rows if row is not None]

    def log_tail(self, lines: int = 20) -> list[str]:
        """Last lines of the log."""
        return processes.log_tail(self.folder, lines)

    def samples(self) -> list[Sample]:
        """Sample images in order, with their pictures so far."""
        samples = []
        for folder in sorted((self.folder / "samples").glob("*/")):
            facts = read_json(folder / "sample.json")
            name = facts.get("name") if isinstance(facts, dict) else None
            image, truth = folder / "image.png", folder / "truth.png"
            if not isinstance(name, str) or not (image.is_file() and truth.is_file()):
                continue
            pictures = {
                int(path.stem[6:]): path
                for path in sorted(folder.glob("epoch-*.png"))
                if path.stem[6:].isdecimal()
            }
            samples.append(Sample(name, image, truth, pictures))
        return samples


class RunStore:
    """The training runs of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def all(self) -> list[Run]:
        """All readable runs, the newest first."""
        folder = self.workspace.runs
        readable = [read_run(child) for child in folder.iterdir()] if folder.is_dir() else []
        runs = [run for run in readable if run is not None]
        return sorted(runs, key=lambda run: (run.config.created, run.id), reverse=True)

    def unreadable(self) -> list[str]:
        """Names of the folders whose run is damaged or of another version of cellseg."""
        return unreadable(self.workspace.runs, read_run)

    def get(self, run_id: str) -> Run:
        """The run with this id.

        Raises
        ------
        CellsegError
            Where there is none.
        """
        folder = known_folder(self.workspace.runs, run_id)
        run = read_run(folder) if folder else None
        if run is None:
            raise CellsegError(f"There is no training run {run_id}; it may have been deleted.")
        return run

    def active(self) -> Run | None:
        """The run that is training; None where none is."""
        return next((run for run in self.all() if not run.progress().ended), None)

    def delete(self, run: Run) -> None:
        """Delete a run and its files; the model that it published is kept.

        Raises
        ------
        CellsegError
            Where it is still training.
        """
        if not run.progress().ended:
            raise CellsegError(f"The run {run.id} is still training; stop it first.")
        self.workspace.remove(run.folder)


def _row(line: str) -> Row | None:
    """A line of the metrics; None where it is damaged."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    known = isinstance(row, dict) and isinstance(row.get("epoch"), int)
    return row if known and isinstance(row.get("seconds", 0.0), int | float) else None


def read_run(folder: Path) -> Run | None:
    """The run in a folder; None where it cannot be read."""
    try:
        return Run(folder, RunConfig.model_validate(read_json(folder / "run.json")))
    except ValidationError:
        return None


def write_config(folder: Path, config: RunConfig) -> None:
    """Store settings and data of a run."""
    write_json(folder / "run.json", config.model_dump(mode="json"))
