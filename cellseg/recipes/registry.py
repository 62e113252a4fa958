"""The recipes by name: a new one is a line here, or an entry point of another package."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from cellseg.errors import CellsegError
from cellseg.recipes.base import Recipe, RecipeSettings, TrainingFacts

RECIPES: dict[str, str] = {
    "cells": "cellseg.recipes.cells.recipe:RECIPE",
    "pixels": "cellseg.recipes.pixels.recipe:RECIPE",
}
"""Name to `module:ATTRIBUTE`, in the order in which they are offered."""

ALIASES = {"seed": "pixels"}
"""Names that older files and commands use."""

GROUP = "cellseg.recipes"
"""Entry points of this group add recipes: `NAME = "module:ATTRIBUTE"`."""


def names() -> list[str]:
    """Names of all recipes, in the order in which they are offered."""
    return list(_places())


def recipe(name: str) -> Recipe:
    """The recipe of this name, or of an alias.

    Raises
    ------
    CellsegError
        Where there is none.
    """
    places, wanted = _places(), ALIASES.get(name, name)
    if wanted not in places:
        raise CellsegError(f"The recipe {name!r} is unknown; choose one of: {', '.join(places)}.")
    module, _, attribute = places[wanted].partition(":")
    found: Recipe = getattr(import_module(module), attribute)
    return found


def recipe_of(settings: RecipeSettings) -> Recipe:
    """The recipe that settings belong to."""
    return recipe(settings.name)


def default_recipe(kind: str, sample: bool) -> Recipe:
    """The recipe that suits a dataset best.

    Parameters
    ----------
    kind : of its masks, `labels` or `binary`. sample : whether it is the sample dataset.
    """
    return max(map(recipe, names()), key=lambda each: each.suitability(kind, sample))


def facts_of(name: str, stored: Any) -> TrainingFacts | None:
    """What a training by the recipe of this name found out, from its JSON."""
    kind = recipe(name).facts
    if stored is None or isinstance(stored, TrainingFacts) or kind is None:
        return stored if isinstance(stored, TrainingFacts) else None
    return kind.model_validate(stored)


def _settings(value: Any) -> Any:
    """Settings of the recipe that they name, from their JSON."""
    if not isinstance(value, Mapping):
        return value
    try:
        found = recipe(str(value.get("name")))
    except CellsegError as error:
        raise ValueError(str(error)) from None
    return found.settings.model_validate({**value, "name": found.name})


AnySettings = Annotated[SerializeAsAny[RecipeSettings], BeforeValidator(_settings)]
"""Settings of any recipe, told apart by its name."""


@cache
def added_recipes() -> dict[str, str]:
    """Recipes that other installed packages add, name to `module:ATTRIBUTE`."""
    return {point.name: point.value for point in entry_points(group=GROUP)}


def _places() -> dict[str, str]:
    return {**added_recipes(), **RECIPES}
