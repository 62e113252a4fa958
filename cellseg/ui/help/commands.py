"""The reference of the command line, written from the commands themselves."""

import inspect
import types
from collections.abc import Callable, Iterator
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from cellseg.cli.commands import app

PROGRAM = "python -m cellseg"

_METAVARS: dict[Any, str] = {int: "N", float: "N", str: "TEXT"}


def markdown() -> str:
    """A section for each command: its usage, what it does, and its options."""
    return "\n".join(_section(name, function) for name, function in commands())


def commands() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Name and function of each command, in the order of `--help`."""
    for command in app.registered_commands:
        function = command.callback
        if function is not None:
            yield command.name or function.__name__, function


def options(function: Callable[..., Any]) -> list[str]:
    """The names of the options of a command, such as `--model`."""
    named = [_names(name, info, kind) for name, info, kind, _ in _parameters(function)]
    return [name for names in named for name in names.split(" / ") if name.startswith("--")]


def _section(name: str, function: Callable[..., Any]) -> str:
    parameters = list(_parameters(function))
    arguments = [
        info.metavar or "" for _, info, _, _ in parameters if isinstance(info, ArgumentInfo)
    ]
    usage = " ".join([PROGRAM, name, *arguments, "[OPTIONS]"])
    lines = [f"## {name}", "", f"```sh\n{usage}\n```", "", inspect.getdoc(function) or "", ""]
    lines += ["| option | meaning |", "|---|---|"]
    for parameter in parameters:
        lines.append(
            f"| {_code(_called(*parameter[:3]))} | {_meaning(parameter[1], parameter[3])} |"
        )
    return "\n".join([*lines, ""])


def _parameters(
    function: Callable[..., Any],
) -> Iterator[tuple[str, ArgumentInfo | OptionInfo, Any, Any]]:
    """Name, declaration, type and default of each parameter that a user gives."""
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, *declared = get_args(hints[name]) or (hints[name],)
        infos = [one for one in declared if isinstance(one, ArgumentInfo | OptionInfo)]
        if infos:
            yield name, infos[0], _without_none(kind), parameter.default


def _without_none(kind: Any) -> Any:
    """The type without `None`: an option that may be left out."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(one for one in get_args(kind) if one is not type(None))
    return kind


def _called(name: str, info: ArgumentInfo | OptionInfo, kind: Any) -> str:
    """How it is written on the command line: `--plane N`."""
    names = _names(name, info, kind)
    if isinstance(info, ArgumentInfo):
        return info.metavar or name.upper()
    metavar = "" if kind is bool else info.metavar or _metavar(kind)
    return f"{names} {metavar}".strip()


def _names(name: str, info: ArgumentInfo | OptionInfo, kind: Any) -> str:
    if isinstance(info, ArgumentInfo):
        return name
    if declared := _declared(info):
        return " / ".join(declared)
    hyphened = name.replace("_", "-")
    return f"--{hyphened} / --no-{hyphened}" if kind is bool else f"--{hyphened}"


def _declared(info: OptionInfo) -> list[str]:
    """The names that the declaration gives; in `Annotated`, Typer holds the first as default."""
    given = (info.default, *(info.param_decls or ()))
    return [name for name in given if isinstance(name, str) and name.startswith("-")]


def _metavar(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "|".join(str(value) for value in get_args(kind))
    return _METAVARS.get(kind, "PATH")


def _meaning(info: ArgumentInfo | OptionInfo, default: Any) -> str:
    """The help text, the bounds, and whether it must be given."""
    said = [str(info.help or "").replace("|", "\\|")]
    if info.min is not None or info.max is not None:
        said.append(f"From {info.min:g} to {info.max:g}.")
    if default is inspect.Parameter.empty:
        said.append("**Required.**")
    elif default not in (None, False):
        said.append(f"[{default}]")
    return " ".join(said)


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"
