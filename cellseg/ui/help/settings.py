"""Tables of settings, written from the classes that hold and check them."""

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

from cellseg.config import Frozen

_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "multipleOf": "a multiple of",
}
_TYPES = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "`true` or `false`",
}


def table(settings: type[Frozen]) -> str:
    """A Markdown table of the settings of a class: name, values, default and meaning.

    Settings that are classes themselves are left out, see `groups`; those that have one value
    only, too. Empty where no setting is left.
    """
    schema = settings.model_json_schema()
    meant = meanings(settings)
    rows = []
    grouped = groups(settings)
    for name, field in schema["properties"].items():
        if name in grouped or "const" in field or field.get("type") == "null":
            continue
        default = _default(field)
        meaning = meant.get(name, "").replace("|", "\\|")
        rows.append(f"| `{name}` | {_values(field, schema)} | {default} | {meaning} |")
    head = ["| setting | values | default | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) if rows else ""


def groups(settings: type[Frozen]) -> dict[str, type[Frozen]]:
    """The settings of a class that are classes of settings themselves, by their names."""
    fields = settings.model_fields.items()
    kinds = {name: field.annotation for name, field in fields}
    return {
        name: kind
        for name, kind in kinds.items()
        if inspect.isclass(kind) and issubclass(kind, Frozen)
    }


def meanings(settings: type[Frozen]) -> dict[str, str]:
    """What the docstrings of a class and of its parents say of each setting: `name : meaning`."""
    found: dict[str, str] = {}
    for parent in reversed(settings.__mro__):
        if issubclass(parent, Frozen) and parent is not Frozen:
            found |= _meanings(inspect.getdoc(parent) or "", list(settings.model_fields))
    return found


def _meanings(text: str, names: list[str]) -> dict[str, str]:
    either = "|".join(map(re.escape, names))
    start = re.compile(rf"(?:^|(?<=\.) |(?<=\.)\n)((?:{either})(?:, (?:{either}))*) : ", re.M)
    pieces = start.split(text)
    found: dict[str, str] = {}
    for named, said in zip(pieces[1::2], pieces[2::2], strict=True):
        sentence = " ".join(said.split("\n\n")[0].split())
        found |= dict.fromkeys(named.split(", "), _plain(sentence))
    return found


def _plain(sentence: str) -> str:
    """A sentence of a docstring without what only readers of the code understand."""
    without = re.sub(r"; see `[^`]*`", "", sentence)
    return re.sub(r"(?<=[;.] )None(?= \w)", "not set:", without)


def _default(field: Mapping[str, Any]) -> str:
    if "default" not in field:
        return "required"
    value = field["default"]
    return "not set" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def _values(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """The values that a setting may have, in words."""
    if reference := field.get("$ref"):
        return _values(schema["$defs"][reference.rsplit("/", 1)[1]], schema)
    if choices := field.get("anyOf"):
        return " or ".join(_values(one, schema) for one in choices if one.get("type") != "null")
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        if places := field.get("prefixItems"):
            return f"{len(places)} times: {_values(places[0], schema)}"
        return f"a list, each: {_values(field['items'], schema)}"
    kind = _TYPES.get(field.get("type", ""), "settings")
    bounds = [f"{word} {field[key]:,}" for key, word in _BOUNDS.items() if key in field]
    return f"{kind}, {', '.join(bounds)}" if bounds else kind
