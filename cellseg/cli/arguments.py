"""Options that commands share, and what their values stand for: workspace, dataset, settings."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cellseg.cli.console import progress_counter
from cellseg.errors import CellsegError
from cellseg.workspace import Workspace

if TYPE_CHECKING:
    from cellseg.datasets.dataset import Dataset
    from cellseg.images.view import View
    from cellseg.recipes.base import Recipe, RecipeSettings


Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        file_okay=False,
        help="Folder of datasets, runs, models and results. [CELLSEG_HOME, else ~/cellseg-data]",
    ),
]
DatasetName = Annotated[
    str,
    typer.Option(
        "--dataset", metavar="D", help="Name of a dataset, or ./FOLDER of images and masks."
    ),
]
ModelName = Annotated[str, typer.Option("--model", metavar="NAME", help="Name of a model.")]
Axes = Annotated[
    str | None, typer.Option(metavar="TZCYX", help="Axes of the files. [from the file]")
]
Channels = Annotated[
    str | None,
    typer.Option(
        metavar="C[,C,C]",
        help="One channel (grayscale) or three channels (red, green, blue), counted from 0. "
        "[first three]",
    ),
]
Plane = Annotated[int | None, typer.Option(help="Plane of a stack; from 0.")]
Projection = Literal["max", "mean"]
ProjectionOption = Annotated[
    Projection | None, typer.Option(help="Projection along Z, instead of a plane. [max]")
]
Time = Annotated[int | None, typer.Option(help="Time point; from 0. [0]")]
Position = Annotated[int | None, typer.Option(help="Field of view; from 0. [0]")]
Each = Annotated[
    bool, typer.Option("--each", help="Make an image of each plane, time point and position.")
]
MaskKind = Literal["binary", "labels", "grey"]
Part = Literal["train", "test", "all"]


def workspace_of(context: typer.Context, home: Path | None) -> Workspace:
    """The workspace of --home, given after or before the command, else the default one."""
    chosen = home or context.obj
    return Workspace(chosen) if chosen else Workspace.default()


def _is_folder(text: str) -> bool:
    return any(separator in text for separator in ("/", os.sep))


def view_of(
    axes: str | None,
    channels: str | None,
    plane: int | None,
    projection: "Projection | None",
    time: int | None,
    position: int | None,
    each: bool = False,
) -> "View":
    """The channels and planes to use of image files; an invalid choice is a usage error."""
    from cellseg.config import checked
    from cellseg.images.view import View

    if plane is not None and projection is not None:
        raise typer.BadParameter("give --plane or --projection, not both")
    try:
        return checked(
            View,
            axes=axes.upper() if axes else None,
            channels=_channels(channels) if channels is not None else None,
            plane=plane,
            projection=projection,
            time=time,
            position=position,
            expand=each,
        )
    except CellsegError as error:
        raise typer.BadParameter(str(error)) from None


def _channels(text: str) -> tuple[int | None, ...]:
    """`0` is grey; `0,2,1` are red, green and blue; `-` or nothing leaves a colour empty."""
    try:
        found = tuple(None if part.strip() in ("", "-") else int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"--channels takes one number, or three such as 0,2,1, not {text}"
        ) from None
    return (*found, None) if len(found) == 2 else found


def stored_dataset(workspace: Workspace, name: str) -> "Dataset":
    """The dataset of a name; a folder is imported into the workspace first, once."""
    from cellseg.datasets.intake import folders
    from cellseg.datasets.store import DatasetStore

    if _is_folder(name):
        return folders.import_folder(workspace, Path(name), progress_counter("Read"))
    return DatasetStore(workspace).get(name)


def temporary_dataset(
    workspace: Workspace, name: str, view: "View"
) -> AbstractContextManager["Dataset"]:
    """The dataset of a name, or of a folder for the duration of a `with` block.

    Parameters
    ----------
    view : channels and planes to use of the images of a folder.
    """
    from cellseg.datasets.intake import folders
    from cellseg.datasets.store import DatasetStore
    from cellseg.limits import Limits

    if _is_folder(name):
        limits = Limits.of(workspace)
        return folders.temporary_dataset(Path(name), progress_counter("Read"), view, limits)
    return nullcontext(DatasetStore(workspace).get(name))


def settings_of(recipe: "Recipe", **groups: dict[str, Any]) -> "RecipeSettings":
    """The settings of a training; the recipe has defaults for all others.

    Parameters
    ----------
    groups : settings of each group by name; None is not given. A setting that the recipe does not
        have, or an invalid value, is a usage error.
    """
    given = {
        group: {key: value for key, value in values.items() if value is not None}
        for group, values in groups.items()
    }
    for group, values in given.items():
        for name in values:
            if not recipe.has_setting(group, name):
                option = name.replace("_", "-")
                raise typer.BadParameter(f"the recipe {recipe.name} has no option --{option}")
    try:
        return recipe.settings_of({group: values for group, values in given.items() if values})
    except CellsegError as error:
        raise typer.BadParameter(str(error)) from None


def check_settings(recipes: Sequence[str], **groups: dict[str, Any]) -> None:
    """Raise a usage error if no recipe of these takes the settings; see `settings_of`."""
    problems: list[typer.BadParameter] = []
    for name in recipes:
        try:
            settings_of(recipe_named(name), **groups)
        except typer.BadParameter as problem:
            problems.append(problem)
        else:
            return
    raise problems[0]


def recipe_named(name: str) -> "Recipe":
    """The recipe of a name; an unknown name is a usage error."""
    from cellseg.recipes.registry import get_recipe

    try:
        return get_recipe(name)
    except CellsegError as error:
        raise typer.BadParameter(str(error)) from None


def integers(text: str) -> tuple[int, ...]:
    """Comma-separated integers."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"--foreground takes numbers such as 128,255, not {text}"
        ) from None
