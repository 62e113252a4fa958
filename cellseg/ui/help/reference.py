"""The parts of the documents that are written from the code, so that they cannot be out of date.

A document names such a part by a comment on a line of its own: `<!-- generated: commands -->`.
"""

import re

from cellseg.analysis.cellprofiler import INTENSITY_NAMES, SHAPE_NAMES
from cellseg.analysis.columns import HEADINGS
from cellseg.analysis.measurements import DEFINITIONS
from cellseg.config import Frozen, PredictionOptions
from cellseg.datasets.intake.checks.repairs import REPAIRS
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.recipes.registry import get_recipe, recipe_names
from cellseg.ui.help import commands, settings

_MARK = re.compile(r"^<!-- generated: ([a-z-]+) -->$", re.MULTILINE)


def filled(text: str) -> str:
    """A document with what its comments name in their place.

    Raises
    ------
    ValueError
        Where a comment names a part that there is not.
    """
    return _MARK.sub(lambda found: _part(found[1]), text)


def _part(name: str) -> str:
    match name:
        case "commands":
            return commands.markdown()
        case "recipes":
            return "\n\n".join(
                _recipe(known, get_recipe(known).settings) for known in recipe_names()
            )
        case "instances":
            return "\n\n".join(_thresholds())
        case "prediction":
            return settings.table(PredictionOptions)
        case "view":
            return settings.table(View)
        case "limits":
            return settings.table(Limits)
        case "measurements":
            return measurements()
        case "repairs":
            return repairs()
    raise ValueError(f"no part of the documents is called {name}")


def measurements() -> str:
    """A table of the columns: heading, name in files and in CellProfiler, definition with unit."""
    known = SHAPE_NAMES | {
        f"intensity_{statistic}": f"Intensity_{name}_…"
        for statistic, name in INTENSITY_NAMES.items()
    }
    rows = ["| on the pages | in files | in CellProfiler | definition |", "|---|---|---|---|"]
    for column, definition in DEFINITIONS.items():
        name = f"`{known[column]}`" if column in known else ""
        rows.append(f"| {HEADINGS[column]} | `{column}` | {name} | {definition} |")
    return "\n".join(rows)


def repairs() -> str:
    """A table of the repairs of a dataset: label, name, and what it does."""
    rows = [f"| {one.label} | `{name}` | {one.sentence} |" for name, one in REPAIRS.items()]
    return "\n".join(["| on the page | name | what it does |", "|---|---|---|", *rows])


def _thresholds() -> list[str]:
    """The settings by which the outputs of each recipe's network become instances."""
    tuned = [
        settings.groups(facts).get("instances") for facts in map(_facts, recipe_names()) if facts
    ]
    return [settings.table(group) for group in tuned if group]


def _facts(name: str) -> type[Frozen] | None:
    return get_recipe(name).facts


def _recipe(name: str, kind: type[Frozen]) -> str:
    """The settings of a recipe, group by group."""
    parts = [f"## Recipe `{name}`", settings.table(kind)]
    for group, grouped in settings.groups(kind).items():
        parts += [f"### {group.capitalize()} of the recipe {name}", settings.table(grouped)]
    return "\n\n".join(part for part in parts if part)
