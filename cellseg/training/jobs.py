"""Start and stop trainings: one at a time, each in a process of its own."""

from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from platform import python_version

from filelock import FileLock

import cellseg
from cellseg import processes
from cellseg.datasets.split import make_split
from cellseg.datasets.store import Dataset
from cellseg.errors import CellsegError, TrainingActive
from cellseg.models.facts import now
from cellseg.models.store import Model, ModelStore
from cellseg.network import encoder_weights
from cellseg.recipes.base import (
    PastTraining,
    Recipe,
    RecipeSettings,
    Start,
)
from cellseg.recipes.registry import default_recipe, recipe_of
from cellseg.training.runs import (
    Run,
    RunConfig,
    RunStore,
    write_config,
)
from cellseg.workspace import Workspace, disk_errors, free_id


def start(
    workspace: Workspace,
    dataset: Dataset,
    settings: RecipeSettings,
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
    settings = _with_absolute_weights(settings)
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
            recipe=settings,
            start=_start(workspace, settings),
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


def default_encoder_weights(dataset: Dataset) -> str:
    """Where the encoder of a training starts if nobody chooses: from ImageNet.

    The sample dataset must work without a network, so its encoder starts at random where the
    ImageNet weights are not on this machine.
    """
    settings = default_recipe(dataset.kind, dataset.sample).settings()
    encoder = settings.encoder_settings
    if not dataset.sample or encoder is None:
        return "imagenet"
    at_hand = encoder_weights.available(encoder, settings.encoder_size)
    return "imagenet" if at_hand else "none"


def fine_tuned(settings: RecipeSettings, start: Model) -> RecipeSettings:
    """The settings with the network of a model to start from.

    Raises
    ------
    CellsegError
        Where the recipe cannot start from this model.
    """
    return recipe_of(settings).fine_tuned(settings, start.recipe, start.id)


def start_models(models: Iterable[Model], recipe: Recipe) -> list[Model]:
    """The models that a fine-tuning by a recipe can start from."""
    return [model for model in models if recipe.fine_tunes and model.recipe.name == recipe.name]


def stop(run: Run) -> None:
    """Ask a run to end after its current batch; what it learned is kept."""
    processes.request_stop(run.folder)


def estimate_seconds(
    workspace: Workspace, settings: RecipeSettings, train_images: int, test_images: int
) -> float:
    """How long a training will take, from the pace of the last one like it."""
    history = (
        PastTraining(run.config.recipe, run.metrics(), len(run.config.train), len(run.config.test))
        for run in RunStore(workspace).all()
    )
    return recipe_of(settings).estimate(settings, train_images, test_images, history)


def _start(workspace: Workspace, settings: RecipeSettings) -> Start | None:
    """The model that is fine-tuned, as it is now."""
    if settings.start is None:
        return None
    model = ModelStore(workspace).get(settings.start)
    return Start(id=model.id, name=model.name, sha256=encoder_weights.sha256(model.weights))


def _with_absolute_weights(settings: RecipeSettings) -> RecipeSettings:
    """The settings with a weights file that exists and that any folder can name."""
    encoder = settings.encoder_settings
    if encoder is None or encoder.encoder_weights in ("imagenet", "none"):
        return settings
    encoder_weights.local_file(encoder, settings.encoder_size)
    return settings.with_encoder_weights(str(Path(encoder.encoder_weights).expanduser().absolute()))


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
