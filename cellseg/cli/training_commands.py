"""The commands `train` and `evaluate`."""

from typing import Annotated, Any

import typer

from cellseg.cli.arguments import (
    DatasetName,
    Home,
    ModelName,
    Part,
    check_settings,
    recipe_named,
    settings_of,
    stored_dataset,
    temporary_dataset,
    workspace_of,
)
from cellseg.cli.console import (
    print_json,
    progress_counter,
    quiet_stderr,
    say,
)


def train(
    context: typer.Context,
    dataset: DatasetName,
    model: Annotated[str, typer.Option("--name", metavar="MODEL", help="Name of the new model.")],
    recipe: Annotated[
        str | None,
        typer.Option(help="cells or pixels. [cells for label images, else pixels]"),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs. [pixels: 40; cells: by --minutes]")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Training time in minutes; only for the recipe cells. [10]"),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            help="Batch size: images or patches per training step. [pixels: 1 up to 64 images, "
            "else 16; cells: 8]"
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Model to fine-tune; recipe cells."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="instances|semantic", help="What to predict; recipe cells. [by the masks]"
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed. [0]")] = None,
    encoder_weights: Annotated[
        str | None, typer.Option(metavar="imagenet|none|PATH", help="Initial weights. [imagenet]")
    ] = None,
    test_fraction: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Fraction of test images. [split of the dataset]"),
    ] = None,
    test_dataset: Annotated[
        str | None, typer.Option(metavar="D2", help="Test on D2; all of D is used for training.")
    ] = None,
    home: Home = None,
) -> None:
    """Train a model. Ctrl-C stops the training and keeps the current weights."""
    if test_dataset is not None and test_fraction:
        raise typer.BadParameter("give --test-fraction or --test-dataset, not both")
    workspace = workspace_of(context, home)

    from cellseg.models.store import ModelStore
    from cellseg.recipes.registry import default_recipe, recipe_names
    from cellseg.training import following, jobs

    store = ModelStore(workspace)
    store.checked_name(model)  # before any image is read
    if start is not None and encoder_weights is not None:
        raise typer.BadParameter("give either --from or --encoder-weights, not both")
    origin = store.get(start) if start else None
    groups: dict[str, dict[str, Any]] = {
        "network": {"encoder_weights": encoder_weights},
        "training": {
            "epochs": epochs,
            "minutes": minutes,
            "target": target,
            "batch_size": batch_size,
            "seed": seed,
        },
    }
    chosen = recipe or (origin.recipe.name if origin else None)
    # Usage errors first, before any image is read.
    check_settings([chosen] if chosen else recipe_names(), **groups)
    images = stored_dataset(workspace, dataset)
    method = recipe_named(chosen) if chosen else default_recipe(images.kind, images.sample)
    settings = settings_of(method, **groups)
    if origin is not None:
        settings = jobs.fine_tuned(settings, origin)
    elif encoder_weights is None and jobs.default_encoder_weights(images) == "none":
        say("The ImageNet weights are not on this machine; the encoder starts from random weights.")
        settings = settings.with_encoder_weights("none")
    run = jobs.start(
        workspace,
        images,
        settings,
        model,
        test_fraction=test_fraction,
        test_dataset=stored_dataset(workspace, test_dataset) if test_dataset else None,
    )
    model_id = following.follow(run, say)
    if model_id is None:
        raise typer.Exit(1)
    published = ModelStore(workspace).get(model_id)
    print_json({"run": run.id, "model": published.name, "scores": published.facts.scores})


def evaluate(
    context: typer.Context,
    dataset: DatasetName,
    model: ModelName,
    split: Annotated[
        Part | None,
        typer.Option(help="Images to score. [test if the model was trained on D, else all]"),
    ] = None,
    home: Home = None,
) -> None:
    """Score a model on a dataset. No results are saved."""
    from cellseg.analysis.scored_pairs import names_to_score
    from cellseg.models.store import ModelStore

    workspace = workspace_of(context, home)
    chosen = ModelStore(workspace).get(model)
    with temporary_dataset(workspace, dataset, chosen.view) as data:
        names = names_to_score(chosen, data, split)
        say("Loading the model")
        with quiet_stderr():
            from cellseg.analysis.evaluation import evaluate as scores
            from cellseg.segmentation import predictor

        print_json(
            scores(predictor.load_predictor(chosen), data, names, progress_counter("Scored"))
        )
