"""Start and stop trainings: one at a time, each in a worker process."""

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
from cellseg.models.facts import utc_now
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
    """Start a training in a process that outlives the caller.

    Parameters
    ----------
    model_name : of the model that will be published; must not be taken.
    test_fraction : fraction of the images that test in this run, instead of the split of the
        dataset; 0 trains on all.
    test_dataset : a dataset whose images test, while all images of `dataset` train.

    Raises
    ------
    TrainingActive
        Where another training is running.
    CellsegError
        Where the name is taken, or the dataset cannot be split.
    """
    settings = _with_absolute_weights(settings)
    train, test = _split(dataset, test_fraction, test_dataset)
    with disk_errors(workspace.root):
        workspace.runs.mkdir(parents=True, exist_ok=True)
    with FileLock(workspace.root / "training.lock"):
        name = ModelStore(workspace).checked_name(model_name)
        runs = RunStore(workspace)
        if (active := runs.active()) is not None:
            other = active.config.model_name
            raise TrainingActive(
                active.id,
                f"The training of {other} is still running; wait until it ends, or stop it.",
            )
        config = RunConfig(
            model_name=name,
            created=utc_now(),
            recipe=settings,
            start=_start_model(workspace, settings),
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
    """Default encoder weights of a training: ImageNet.

    The sample dataset must work offline, so its encoder is initialized at random if the ImageNet
    weights are not on this machine.
    """
    settings = default_recipe(dataset.kind, dataset.sample).settings()
    encoder = settings.encoder_settings
    if not dataset.sample or encoder is None:
        return "imagenet"
    on_this_machine = encoder_weights.available(encoder, settings.encoder_size)
    return "imagenet" if on_this_machine else "none"


def fine_tuned(settings: RecipeSettings, start: Model) -> RecipeSettings:
    """Settings of a fine-tuning: the network of a model with the training of `settings`.

    Raises
    ------
    CellsegError
        Where the recipe cannot fine-tune this model.
    """
    return recipe_of(settings).fine_tuned(settings, start.recipe, start.id)


def start_models(models: Iterable[Model], recipe: Recipe) -> list[Model]:
    """Models that a recipe can fine-tune."""
    return [model for model in models if recipe.fine_tunes and model.recipe.name == recipe.name]


def stop(run: Run) -> None:
    """Ask a run to stop after the current batch; its model is published."""
    processes.request_stop(run.folder)


def estimate_seconds(
    workspace: Workspace, settings: RecipeSettings, train_images: int, test_images: int
) -> float:
    """Estimated duration of a training, seconds, from the speed of similar trainings."""
    history = (
        PastTraining(run.config.recipe, run.metrics(), len(run.config.train), len(run.config.test))
        for run in RunStore(workspace).all()
    )
    return recipe_of(settings).estimate(settings, train_images, test_images, history)


def _start_model(workspace: Workspace, settings: RecipeSettings) -> Start | None:
    """The model to fine-tune, with the hash of its weights."""
    if settings.start is None:
        return None
    model = ModelStore(workspace).get(settings.start)
    return Start(id=model.id, name=model.name, sha256=encoder_weights.sha256(model.weights))


def _with_absolute_weights(settings: RecipeSettings) -> RecipeSettings:
    """Settings with the absolute path of the weights file.

    Raises
    ------
    CellsegError
        Where the file does not exist.
    """
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
            raise CellsegError("Give either a test fraction or a test dataset, not both.")
        return tuple(names), tuple(pair.name for pair in test_dataset.pairs)
    split = dataset.split
    if fraction is not None:
        split = make_split(names, fraction=fraction, seed=split.seed)
    if not split.train:
        raise CellsegError(
            f"No image of {dataset.name} is left for training; reduce the test fraction."
        )
    return split.train, split.test


def _launch(run: Run) -> None:
    processes.start("cellseg.training.worker", run.folder)


def _versions() -> dict[str, str]:
    versions = {"cellseg": cellseg.__version__, "python": python_version()}
    for package in ("tensorflow", "tensorflow-cpu", "keras", "numpy", "pillow"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
