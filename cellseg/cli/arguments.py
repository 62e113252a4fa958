"""What the words of a command line stand for: a workspace, a dataset, settings, numbers."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cellseg.cli.console import counter
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
        help="Folder of datasets, runs and models. [CELLSEG_HOME, else ~/cellseg-data]",
    ),
]
DatasetWords = Annotated[
    str,
    typer.Option("--dataset", metavar="D", help="Name of a dataset, or ./FOLDER of images, masks."),
]
ModelName = Annotated[str, typer.Option("--model", metavar="NAME", help="Name of a model.")]
Axes = Annotated[
    str | None, typer.Option(metavar="TZCYX", help="What the axes are. [as the file says]")
]
Channels = Annotated[
    str | None,
    typer.Option(
        metavar="C[,C,C]", help="One for grey, or red, green, blue; from 0. [the first three]"
    ),
]
Plane = Annotated[int | None, typer.Option(help="Of a stack; from 0.")]
Projection = Literal["max", "mean"]
AlongZ = Annotated[Projection | None, typer.Option(help="Along Z, instead of a plane. [max]")]
Time = Annotated[int | None, typer.Option(help="Time point; from 0. [0]")]
Position = Annotated[int | None, typer.Option(help="Field of view; from 0. [0]")]
Each = Annotated[
    bool, typer.Option("--each", help="One image for each plane, time point and position.")
]
MaskKind = Literal["binary", "labels", "grey"]
Part = Literal["train", "test", "all"]


def workspace_of(context: typer.Context, home: Path | None) -> Workspace:
    """The workspace that --home names, after or before the command, else the usual one."""
    chosen = home or context.obj
    return Workspace(chosen) if chosen else Workspace.default()


def _is_folder(words: str) -> bool:
    return any(separator in words for separator in ("/", os.sep))


def view_of(
    axes: str | None,
    channels: str | None,
    plane: int | None,
    projection: "Projection | None",
    time: int | None,
    position: int | None,
    each: bool = False,
) -> "View":
    """The choice of what is taken of an image file; what does not fit is a matter of usage."""
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


def _channels(words: str) -> tuple[int | None, ...]:
    """`0` is grey; `0,2,1` are red, green and blue; `-` or nothing leaves one black."""
    try:
        found = tuple(None if word.strip() in ("", "-") else int(word) for word in words.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"--channels takes one number, or three such as 0,2,1, not {words}"
        ) from None
    return (*found, None) if len(found) == 2 else found


def kept_dataset(workspace: Workspace, words: str) -> "Dataset":
    """The dataset of a name; that of a folder is brought into the workspace, once."""
    from cellseg.datasets.intake import folders
    from cellseg.datasets.store import DatasetStore

    if _is_folder(words):
        return folders.import_folder(workspace, Path(words), counter("Read"))
    return DatasetStore(workspace).get(words)


def passing_dataset(
    workspace: Workspace, words: str, view: "View"
) -> AbstractContextManager["Dataset"]:
    """The dataset of a name, or that of a folder, seen so, for as long as the block lasts."""
    from cellseg.datasets.intake import folders
    from cellseg.datasets.store import DatasetStore
    from cellseg.limits import Limits

    if _is_folder(words):
        return folders.temporary_dataset(Path(words), counter("Read"), view, Limits.of(workspace))
    return nullcontext(DatasetStore(workspace).get(words))


def settings_of(recipe: "Recipe", **groups: dict[str, Any]) -> "RecipeSettings":
    """The settings of a training; what is not given is left to the recipe.

    Parameters
    ----------
    groups : settings of a group by their names; None is not given. Those that the recipe does not
        have, or that do not fit, are a matter of usage.
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
    """Refuse settings that none of these recipes takes; see `settings_of`."""
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
    """The recipe of a name; another name is a matter of usage."""
    from cellseg.recipes.registry import get_recipe

    try:
        return get_recipe(name)
    except CellsegError as error:
        raise typer.BadParameter(str(error)) from None


def whole_numbers(words: str) -> tuple[int, ...]:
    """Numbers with commas between them."""
    try:
        return tuple(int(word) for word in words.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"--foreground takes numbers such as 128,255, not {words}"
        ) from None
