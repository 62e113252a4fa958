"""The commands of `python -m cellseg`. Large libraries are imported only where they are used."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellseg.cli import result_commands, training_commands
from cellseg.cli.arguments import (
    Axes,
    Channels,
    Each,
    Home,
    MaskKind,
    Plane,
    Position,
    ProjectionOption,
    Time,
    integers,
    view_of,
    workspace_of,
)
from cellseg.cli.console import (
    Commands,
    print_json,
    print_lines,
    progress_counter,
    say,
)

if TYPE_CHECKING:
    from cellseg.datasets.dataset import Dataset

app = typer.Typer(
    cls=Commands,
    help="Segment cells in microscopy images; train models on your own masks, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line."""
    app(prog_name="cellseg")


@app.callback()
def _common(context: typer.Context, home: Home = None) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    context.obj = home


@app.command("app")
def serve(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port. [first free from 8501]")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Address to listen on. [127.0.0.1: this machine only]")
    ] = None,
    open_to_network: Annotated[
        bool,
        typer.Option("--open-to-network", help="Let other machines reach --address; no password."),
    ] = False,
    browser: Annotated[
        bool | None, typer.Option(help="Open a browser. [if there is a screen]")
    ] = None,
    home: Home = None,
) -> None:
    """Start the app and open it in the browser."""
    from cellseg.server import serving

    open_browser = serving.screen_likely() if browser is None else browser
    serving.serve(
        workspace_of(context, home),
        port,
        address,
        open_browser,
        open_to_network=open_to_network,
        say=say,
    )


@app.command()
def demo(context: typer.Context, home: Home = None) -> None:
    """Create the sample dataset of synthetic nuclei."""
    from cellseg.datasets.sample import create_sample

    dataset = create_sample(workspace_of(context, home))
    say(f'Next: python -m cellseg train --dataset "{dataset.name}" --name first')
    print_json({**_dataset_facts(dataset), "split": _split(dataset)})


@app.command("import")
def import_dataset(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder or a zip.")],
    name: Annotated[str, typer.Option(help="Name of the new dataset.")],
    mask_kind: Annotated[
        MaskKind | None, typer.Option(help="Mask type: binary, labels or grey. [detected]")
    ] = None,
    foreground: Annotated[
        str | None, typer.Option(metavar="V,V", help="Grey values that are cells, such as 128,255.")
    ] = None,
    axes: Axes = None,
    channels: Channels = None,
    plane: Plane = None,
    projection: ProjectionOption = None,
    time: Time = None,
    position: Position = None,
    each: Each = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Apply the first repair of each finding.")
    ] = False,
    home: Home = None,
) -> None:
    """Import images and their masks as a new dataset."""
    values = integers(foreground) if foreground is not None else None
    view = view_of(axes, channels, plane, projection, time, position, each)

    from cellseg.datasets.intake import importing
    from cellseg.datasets.intake.checks.proposal_repairs import apply_all
    from cellseg.datasets.store import DatasetStore

    workspace = workspace_of(context, home)
    proposal = importing.inspect(workspace, path, view=view, progress=progress_counter("Read"))
    try:
        layout = proposal.layout
        say(layout.sentence)
        for sentence in apply_all(proposal) if repair else ():
            say(f"Repaired. {sentence}")
        for sentence in (*proposal.problems, *proposal.warnings):
            say(sentence)
        dataset = DatasetStore(workspace).create(proposal, name, mask_kind, values)
    finally:
        proposal.discard()
    print_json(
        {
            **_dataset_facts(dataset),
            "split": _split(dataset),
            "view": dataset.view.model_dump(mode="json", exclude_defaults=True),
            "layout": {"name": layout.name, "sentence": layout.sentence},
            "repairs": proposal.repairs,
            "findings": [finding.as_json() for finding in proposal.findings],
            "warnings": dataset.warnings,
            "problems": list(proposal.problems),
            "images_without_mask": list(proposal.images_without_mask),
            "masks_without_image": list(proposal.masks_without_image),
            "left_out": list(proposal.left_out),
        }
    )


@app.command()
def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder or a zip.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print findings as JSON.")] = False,
    repair: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Write repaired pairs to a new folder."),
    ] = None,
) -> None:
    """Check images and masks for problems. The exit code is 1 if errors remain."""
    from cellseg.datasets.intake.checks.folder_check import check_folder

    found = check_folder(path, repair=repair, progress=progress_counter("Read"))
    for sentence in found.repaired:
        say(f"Repaired. {sentence}")
    if as_json:
        print_json(found.as_json())
    else:
        print_lines(found.lines())
    if not found.passed:
        raise typer.Exit(1)


app.command()(training_commands.train)
app.command()(result_commands.segment)
app.command()(result_commands.measure)
app.command()(result_commands.score)
app.command()(training_commands.evaluate)


@app.command("list")
def list_all(context: typer.Context, home: Home = None) -> None:
    """List datasets, runs and models as JSON."""
    from cellseg.datasets.store import DatasetStore
    from cellseg.models.store import ModelStore
    from cellseg.training.runs import RunStore

    workspace = workspace_of(context, home)
    runs = [
        {"id": run.id, "model": run.config.model_name, "state": run.progress().state}
        for run in RunStore(workspace).all()
    ]
    models = [
        {
            "id": model.id,
            "name": model.name,
            "shipped": model.shipped,
            "created": model.facts.created.isoformat(),
            "dataset": model.facts.dataset_name,
            "scores": (model.facts.scores or {}).get("together"),
        }
        for model in ModelStore(workspace).all()
    ]
    datasets = [_dataset_facts(dataset) for dataset in DatasetStore(workspace).all()]
    print_json({"home": str(workspace.root), "datasets": datasets, "runs": runs, "models": models})


def _dataset_facts(dataset: "Dataset") -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "created": dataset.created,
        "images": len(dataset.pairs),
        "mask_kind": dataset.kind,
        "foreground": list(dataset.foreground_values),
        "fingerprint": dataset.fingerprint,
    }


def _split(dataset: "Dataset") -> dict[str, list[str]]:
    return {"train": list(dataset.split.train), "test": list(dataset.split.test)}
