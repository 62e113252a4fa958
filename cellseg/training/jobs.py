"""Start and stop trainings: one at a time, each in a process of its own."""

import statistics
from importlib import metadata
from pathlib import Path
from platform import python_version

from filelock import FileLock

import cellseg
from cellseg import processes
from cellseg.config import Recipe
from cellseg.datasets.split import make_split
from cellseg.datasets.store import Dataset
from cellseg.errors import CellsegError, TrainingActive
from cellseg.models.store import Model, ModelStore, now
from cellseg.network import encoder_weights
from cellseg.recipes import CellsRecipe, CellsTraining
from cellseg.training.runs import Run, RunConfig, RunStore, write_config
from cellseg.workspace import Workspace, disk_errors, free_id

STARTUP_SECONDS = 15.0
"""Loading TensorFlow and tracing the first step."""

SECONDS_AN_IMAGE = {True: 0.12, False: 0.08}
"""A first guess of the time for one image and epoch on two CPU cores, by `encoder_trains`."""

SECONDS_A_SQUARE = 0.15
"""A first guess of the time for one square of 256 pixels in the recipe `cells`, two CPU cores."""


def start(
    workspace: Workspace,
    dataset: Dataset,
    recipe: Recipe | CellsRecipe,
    model_name: str,
    *,
    test_fraction: float | None = None,
    test_dataset: Dataset | None = None,
) -> Run:
    """Begin a training that goes on when the caller ends.

    Parameters
    ----------
    model_name : of the model to be published; must be free.
    test_fraction : another split than the dataset's own, for this run alone; 0 trains on all.
    test_dataset : all its images test, and all images of `dataset` train.

    Raises
    ------
    TrainingActive
        Where a training runs already.
    CellsegError
        Where the name is taken or the data cannot be split.
    """
    recipe = _with_absolute_weights(recipe)
    train, test = _split(dataset, test_fraction, test_dataset)
    with disk_errors(workspace.root):
        workspace.runs.mkdir(parents=True, exist_ok=True)
    with FileLock(workspace.root / "training.lock"):
        name = ModelStore(workspace).free_name(model_name)
        runs = RunStore(workspace)
        if (active := runs.active()) is not None:
            raise TrainingActive(
                active.id,
                f"The training of {active.config.model_name} still runs; wait for it or stop it.",
            )
        config = RunConfig(
            model_name=name,
            created=now(),
            recipe=recipe,
            dataset_id=dataset.id,
            dataset_name=dataset.name,
            dataset_fingerprint=dataset.fingerprint,
            train=train,
            test=test,
            test_dataset_id=test_dataset.id if test_dataset else None,
            test_dataset_name=test_dataset.name if test_dataset else None,
            view=dataset.view,
            versions=_versions(),
        )
        run_id = free_id(workspace.runs, f"{config.created:%Y%m%d-%H%M%S}-{name}")
        with workspace.staged(workspace.runs / run_id) as folder:
            write_config(folder, config)
        run = Run(workspace.runs / run_id, config)
        _launch(run)
    return run


def default_encoder(dataset: Dataset) -> str:
    """Where the encoder of a training starts if nobody chooses: from ImageNet.

    The sample project must work without a network, so its encoder starts from `none` where the
    ImageNet weights are not on this machine.
    """
    recipe = Recipe()
    at_hand = encoder_weights.available(recipe.network, recipe.preprocessing.image_size)
    return "none" if dataset.sample and not at_hand else "imagenet"


def default_recipe(dataset: Dataset) -> str:
    """The recipe if nobody chooses: `cells` where the masks tell cells apart, else `seed`.

    The sample project is to be tried in two minutes, so it learns by `seed` too.
    """
    return "cells" if dataset.kind == "labels" and not dataset.sample else "seed"


def going_on(recipe: Recipe | CellsRecipe, start: Model) -> CellsRecipe:
    """The recipe with the network of a model to start from.

    Raises
    ------
    CellsegError
        Where the recipe or the model is not one of `cells`.
    """
    if not isinstance(recipe, CellsRecipe) or not isinstance(start.recipe, CellsRecipe):
        raise CellsegError(
            f"The model {start.name} was not trained by the recipe cells; only such a model can "
            "be gone on from, by the recipe cells."
        )
    wished = recipe.network.model_dump(
        include={"freeze_encoder", "thaw_after", "freeze_norms", "batch_norm_momentum"}
    )
    network = start.recipe.network.model_copy(update=wished)
    preprocessing = start.recipe.preprocessing
    return recipe.model_copy(
        update={"network": network, "preprocessing": preprocessing, "start": start.id}
    )


def stop(run: Run) -> None:
    """Ask a run to end after its current batch; what it learned is kept."""
    processes.request_stop(run.folder)


def estimate_seconds(
    workspace: Workspace, recipe: Recipe | CellsRecipe, train_images: int, test_images: int
) -> float:
    """How long a training will take, from the pace of the last run with the same network."""
    if isinstance(recipe, CellsRecipe):
        return _estimate_cells(workspace, recipe)
    images = train_images + test_images / 3  # a test image has no backward pass
    epochs = recipe.training.epochs
    for run in RunStore(workspace).all():
        past = run.config.recipe
        if isinstance(past, CellsRecipe):
            continue
        if (past.network, past.preprocessing) != (recipe.network, recipe.preprocessing):
            continue
        if seconds := [row["seconds"] for row in run.metrics()[1:]]:
            past_images = len(run.config.train) + len(run.config.test) / 3
            return STARTUP_SECONDS + statistics.median(seconds) / past_images * images * epochs
    pace = SECONDS_AN_IMAGE[recipe.network.encoder_trains]
    area = (recipe.preprocessing.image_size / 128) ** 2
    return STARTUP_SECONDS + pace * area * images * epochs


def _estimate_cells(workspace: Workspace, recipe: CellsRecipe) -> float:
    training = recipe.training
    if training.epochs is None and training.minutes is not None:
        return STARTUP_SECONDS + 60.0 * training.minutes
    squares = (training.epochs or 0) * training.steps * training.batch_size
    pace = SECONDS_A_SQUARE
    for run in RunStore(workspace).all():
        past = run.config.recipe
        if isinstance(past, CellsRecipe) and past.network == recipe.network:
            if seconds := [row["seconds"] for row in run.metrics()[1:]]:
                done = past.training.steps * past.training.batch_size
                area = _area(past.training)
                pace = statistics.median(seconds) / done / area
                break
    return STARTUP_SECONDS + pace * squares * _area(training)


def _area(training: CellsTraining) -> float:
    """Of a square, in those of 256 x 256 pixels; squares that fit the cells are mostly small."""
    return ((training.crop or 128) / 256) ** 2


def _with_absolute_weights(recipe: Recipe | CellsRecipe) -> Recipe | CellsRecipe:
    """The recipe with a weights file that exists and that any folder can name."""
    named = recipe.network.encoder_weights
    if named in ("imagenet", "none"):
        return recipe
    encoder_weights.local_file(recipe.network, recipe.encoder_size)
    path = str(Path(named).expanduser().absolute())
    network = recipe.network.model_copy(update={"encoder_weights": path})
    return recipe.model_copy(update={"network": network})


def _split(
    dataset: Dataset, fraction: float | None, test_dataset: Dataset | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = [pair.name for pair in dataset.pairs]
    if test_dataset is not None:
        if fraction:
            raise CellsegError("Give a test fraction or a test dataset, not both.")
        return tuple(names), tuple(pair.name for pair in test_dataset.pairs)
    split = dataset.split
    if fraction is not None:
        split = make_split(names, fraction=fraction, seed=split.seed)
    if not split.train:
        raise CellsegError(f"No image of {dataset.name} is left to train; use a smaller test part.")
    return split.train, split.test


def _launch(run: Run) -> None:
    processes.start("cellseg.training.worker", run.folder)


def _versions() -> dict[str, str]:
    found = {"cellseg": cellseg.__version__, "python": python_version()}
    for package in ("tensorflow", "tensorflow-cpu", "keras", "numpy", "pillow"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
