"""The rules of who may import whom, read from the source."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cellseg"
MODULES = sorted(PACKAGE.rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
SCRIPTS = [ROOT / "streamlit_app.py", ROOT / "streamlit_server.py", *PAGES]

ROOMS = [
    "errors",
    "naming",
    "source",
    "config",
    "recipes",
    "workspace",
    "processes",
    "limits",
    "receiving",
    "fetching",
    "images",
    "datasets",
    "models",
    "network",
    "segmentation",
    "analysis",
    "training",
    "methods",
    "exports",
    "batches",
    "server",
    "cli",
    "launch",
    "ui",
]
TENSORFLOW = {"tensorflow", "keras"}
TENSORFLOW_ROOMS = (
    "cellseg.network",
    "cellseg.methods",
    "cellseg.training.callbacks",
    "cellseg.training.devices",
)
WITHOUT_TENSORFLOW = ("cellseg.network.encoder_weights",)
RECIPE_ROOMS = ("cellseg.recipes", "cellseg.methods")
RECIPE_NAMES = {"cells", "pixels", "seed"}
STREAMLIT_ROOM = "cellseg.ui"
TAKES_A_DATASET = {"scored_pairs", "evaluation"}
PURE = [
    *(
        path
        for path in MODULES
        if path.parent.name == "analysis" and path.stem not in TAKES_A_DATASET
    ),
    PACKAGE / "segmentation" / "instances.py",
    PACKAGE / "methods" / "cells" / "instances.py",
    PACKAGE / "images" / "scaling.py",
    PACKAGE / "images" / "synthetic.py",
]
HEAVY = {
    *("imagecodecs", "keras", "numpy", "pandas", "PIL", "plotly", "pooch", "requests", "scipy"),
    *("nd2", "pylibCZIrw", "skimage", "streamlit", "tensorflow", "tifffile"),
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "cellseg" and len(parts) > 1 else None


def within(module: str, parents: tuple[str, ...]) -> bool:
    return any(module == parent or module.startswith(f"{parent}.") for parent in parents)


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def statements(node: ast.AST, *, top: bool) -> list[ast.Import | ast.ImportFrom]:
    """The imports below a node; `top` leaves out those that run later or never."""
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            found.append(child)
        elif top and (
            isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            or for_types_only(child)
        ):
            continue
        else:
            found += statements(child, top=top)
    return found


@cache
def imported(path: Path, top: bool = False) -> frozenset[str]:
    """Dotted names that a file imports; of `from a import b` both `a` and, in cellseg, `a.b`."""
    names = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8")), top=top):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
            continue
        assert node.level == 0, f"{path}: imports are absolute"
        names.add(node.module or "")
        if (node.module or "").split(".")[0] == "cellseg":
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def libraries(path: Path, top: bool = False) -> set[str]:
    return {name.split(".")[0] for name in imported(path, top)}


PATHS = {name_of(path): path for path in MODULES}
"""The file of each module."""


def offenders(paths: Iterable[Path], wrong: Callable[[Path], Iterable[str]]) -> list[str]:
    """What is wrong in each file, a line for each file that is not clean."""
    found = ((path, sorted(wrong(path))) for path in paths)
    return [f"{path.relative_to(ROOT)}: {', '.join(names)}" for path, names in found if names]


def broken(rule: str, lines: list[str]) -> str:
    """What a rule that does not hold says: itself, and every file that breaks it."""
    return "\n  ".join([rule, *lines])


def test_only_the_ui_knows_streamlit() -> None:
    def wrong(path: Path) -> set[str]:
        if within(name_of(path), (STREAMLIT_ROOM,)):
            return set()
        pages = {name for name in imported(path) if within(name, (STREAMLIT_ROOM,))}
        return libraries(path) & {"streamlit"} | pages

    found = offenders(MODULES, wrong)
    assert not found, broken(
        "Only cellseg.ui knows Streamlit, and nobody imports cellseg.ui.", found
    )


def test_only_the_rooms_that_compute_know_tensorflow() -> None:
    def wrong(path: Path) -> set[str]:
        module = name_of(path)
        if within(module, TENSORFLOW_ROOMS) and not within(module, WITHOUT_TENSORFLOW):
            return set()
        return libraries(path) & TENSORFLOW

    found = offenders(MODULES + SCRIPTS, wrong)
    assert not found, broken("Only the rooms that compute import TensorFlow.", found)


def asks_for_a_recipe(path: Path) -> list[str]:
    """Comparisons of a name with that of a recipe."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        names = any(isinstance(one, ast.Constant) and one.value in RECIPE_NAMES for one in sides)
        asked = any(ast.unparse(one).rpartition(".")[2] in ("name", "recipe") for one in sides)
        if names and asked:
            found.append(ast.unparse(node))
    return found


def test_nobody_asks_for_a_recipe_by_its_name_or_type() -> None:
    def wrong(path: Path) -> set[str]:
        if within(name_of(path), RECIPE_ROOMS):
            return set()
        one = tuple(f"{room}.{name}" for room in RECIPE_ROOMS for name in RECIPE_NAMES)
        types = {name for name in imported(path) if within(name, (*one, "cellseg.methods"))}
        return types | set(asks_for_a_recipe(path))

    found = offenders(MODULES + SCRIPTS, wrong)
    assert not found, broken("Only recipes/ and methods/ know a recipe by name or type.", found)


def test_what_a_recipe_is_needs_no_tensorflow() -> None:
    recipes = [path for path in MODULES if within(name_of(path), ("cellseg.recipes",))]

    def wrong(path: Path) -> set[str]:
        reached = modules_reached(*imported(path, top=True), top=True)
        return {module for module in reached if libraries(PATHS[module], top=True) & TENSORFLOW}

    found = offenders(recipes, wrong)
    assert not found, broken("recipes/ imports no TensorFlow.", found)


def modules_reached(*starts: str, top: bool) -> set[str]:
    """Every module of cellseg that importing `starts` runs; not only at its top if so wished."""
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        module = waiting.pop()
        if module in reached or module not in PATHS:
            continue
        reached.add(module)
        waiting += imported(PATHS[module], top)
    return reached


LIGHT = [
    *SCRIPTS,
    *(path for path in MODULES if within(name_of(path), (STREAMLIT_ROOM, "cellseg.cli"))),
]


def test_no_page_waits_for_tensorflow() -> None:
    def wrong(path: Path) -> set[str]:
        reached = modules_reached(*imported(path, top=True), top=True)
        return {module for module in reached if libraries(PATHS[module], top=True) & TENSORFLOW}

    found = offenders(LIGHT, wrong)
    assert not found, broken(
        "No page imports TensorFlow at its top, not even through another module.", found
    )


def test_a_page_imports_no_page() -> None:
    pages = {"pages", "streamlit_app", *(page.stem for page in PAGES)}
    found = offenders(SCRIPTS, lambda path: libraries(path) & pages)
    assert not found, broken("A page imports no page.", found)


def room_graph() -> dict[str, set[str]]:
    """Which rooms each room imports, at any depth of its code."""
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        room = room_of(name_of(path))
        if room is None or room == "__main__":
            continue
        others = {room_of(name) for name in imported(path)} - {None, room}
        graph.setdefault(room, set()).update(
            other
            for other in others
            if (PACKAGE / other).exists() or (PACKAGE / f"{other}.py").exists()
        )
    return graph


def test_every_room_has_its_place() -> None:
    assert set(room_graph()) <= set(ROOMS)


def test_the_map_of_the_documents_names_every_room_in_this_order() -> None:
    text = (ROOT / "docs" / "developers" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## The map")[2].partition("\n## ")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert re.findall(r"`(\w+)(?:\.py|/)`", "".join(first_cells)) == ROOMS


def test_nothing_imports_upward() -> None:
    upward = [
        f"{room} imports {other}"
        for room, others in room_graph().items()
        for other in others
        if ROOMS.index(other) > ROOMS.index(room)
    ]
    assert not upward


def test_modules_do_not_import_in_a_circle() -> None:
    known = {name_of(path) for path in MODULES}
    graph = {name_of(path): imported(path, top=True) & known for path in MODULES}
    try:
        TopologicalSorter({module: others - {module} for module, others in graph.items()}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_arrays_in_arrays_out() -> None:
    def wrong(path: Path) -> set[str]:
        files = libraries(path) & {"io", "os", "pathlib", "shutil", "subprocess"}
        rooms = {room_of(name) for name in imported(path)}
        return files | rooms & {"workspace", "datasets", "models", "training"}

    found = offenders(PURE, wrong)
    assert not found, broken("What computes with arrays knows neither paths nor folders.", found)


def test_a_package_file_is_a_docstring() -> None:
    def wrong(path: Path) -> list[str]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        rest = [ast.unparse(node).splitlines()[0] for node in tree.body[1:]]
        if path.parent == PACKAGE and len(rest) == 1 and rest[0].startswith("__version__"):
            rest = []
        return rest if ast.get_docstring(tree) else ["no docstring", *rest]

    found = offenders((path for path in MODULES if path.name == "__init__.py"), wrong)
    assert not found, broken("An __init__.py is one docstring.", found)


def loaded_by(*arguments: str) -> set[str]:
    """Top-level names of the modules that a Python process imported, by its own account."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert lines
    return {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by("-m", "cellseg", "--help") & HEAVY


COMMANDS = ["app", "demo", "import", "train", "segment", "measure", "score", "evaluate", "list"]
HELP = """
import json, sys
from typer.testing import CliRunner
from cellseg.cli.commands import app

for command in sys.argv[1:]:
    before = set(sys.modules)
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command
    loaded = before if command == sys.argv[1] else set()
    print(json.dumps([command, sorted(loaded | set(sys.modules) - before)]))
"""


def test_help_of_a_command_loads_nothing_heavy() -> None:
    """In one process, in which a module counts against the first command that loads it."""
    done = subprocess.run(
        [sys.executable, "-c", HELP, *COMMANDS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = dict(json.loads(line) for line in done.stdout.splitlines())
    assert list(loaded) == COMMANDS
    heavy = {
        command: sorted({name.split(".")[0] for name in names} & HEAVY)
        for command, names in loaded.items()
    }
    assert heavy == {command: [] for command in COMMANDS}


WORKERS = ["cellseg.training.worker", "cellseg.batches.worker"]


def test_a_worker_leaves_streamlit_out() -> None:
    assert [name for name in WORKERS if "streamlit" in loaded_by("-c", f"import {name}")] == []


def test_nothing_a_worker_imports_later_knows_streamlit() -> None:
    found = {
        worker: [
            module
            for module in modules_reached(worker, top=False)
            if "streamlit" in libraries(PATHS[module])
        ]
        for worker in WORKERS
    }
    assert found == {worker: [] for worker in WORKERS}


def test_the_launcher_needs_the_standard_library_alone() -> None:
    assert libraries(PACKAGE / "launch.py") <= sys.stdlib_module_names
