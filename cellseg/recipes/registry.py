"""Registry of recipes by name; other packages can add recipes by an entry point."""

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
"""Name to `module:ATTRIBUTE`, in the order in which users see them."""

ALIASES = {"seed": "pixels"}
"""Older names, in files and on the command line."""

ENTRY_POINT_GROUP = "cellseg.recipes"
"""Group of the entry points that add recipes, `NAME = "module:ATTRIBUTE"`."""


def recipe_names() -> list[str]:
    """Names of all recipes, in the order in which users see them."""
    return list(_locations())


def get_recipe(name: str) -> Recipe:
    """The recipe with this name or alias.

    Raises
    ------
    CellsegError
        Where there is none.
    """
    locations, wanted = _locations(), ALIASES.get(name, name)
    if wanted not in locations:
        raise CellsegError(
            f"The recipe {name!r} is unknown; choose one of: {', '.join(locations)}."
        )
    module, _, attribute = locations[wanted].partition(":")
    recipe: Recipe = getattr(import_module(module), attribute)
    return recipe


def recipe_of(settings: RecipeSettings) -> Recipe:
    """The recipe that settings belong to."""
    return get_recipe(settings.name)


def default_recipe(kind: str, sample: bool) -> Recipe:
    """The most suitable recipe for a dataset.

    Parameters
    ----------
    kind : of its masks, `labels` or `binary`. sample : whether it is the sample dataset.
    """
    return max(map(get_recipe, recipe_names()), key=lambda each: each.suitability(kind, sample))


def facts_of(name: str, stored: Any) -> TrainingFacts | None:
    """Training facts of a recipe from their JSON; None where there are none."""
    facts_class = get_recipe(name).facts
    if stored is None or isinstance(stored, TrainingFacts) or facts_class is None:
        return stored if isinstance(stored, TrainingFacts) else None
    return facts_class.model_validate(stored)


def _settings(value: Any) -> Any:
    """Settings from their JSON, which names the recipe."""
    if not isinstance(value, Mapping):
        return value
    try:
        recipe = get_recipe(str(value.get("name")))
    except CellsegError as error:
        raise ValueError(str(error)) from None
    return recipe.settings.model_validate({**value, "name": recipe.name})


AnySettings = Annotated[SerializeAsAny[RecipeSettings], BeforeValidator(_settings)]
"""Settings of any recipe; their `name` tells which."""


@cache
def added_recipes() -> dict[str, str]:
    """Recipes that other installed packages add: name to `module:ATTRIBUTE`."""
    return {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}


def _locations() -> dict[str, str]:
    return {**added_recipes(), **RECIPES}
