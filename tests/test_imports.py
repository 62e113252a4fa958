"""The rules of who may import whom, read from the source."""

import ast
import subprocess
import sys
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
    "exports",
    "batches",
    "console",
    "arguments",
    "serving",
    "result_commands",
    "cli",
    "launch",
    "ui",
]
TENSORFLOW = {"tensorflow", "keras"}
TENSORFLOW_ROOMS = (
    "cellseg.network",
    "cellseg.training.trainer",
    "cellseg.training.worker",
    "cellseg.training.callbacks",
    "cellseg.training.cells_trainer",
    "cellseg.training.budget",
    "cellseg.training.devices",
    "cellseg.training.tuning",
    "cellseg.training.validation",
    "cellseg.segmentation.predictor",
    "cellseg.segmentation.cells_predictor",
)
WITHOUT_TENSORFLOW = ("cellseg.network.encoder_weights",)
STREAMLIT_ROOM = "cellseg.ui"
TAKES_A_DATASET = {"choice", "evaluation"}
PURE = [
    *(
        path
        for path in MODULES
        if path.parent.name == "analysis" and path.stem not in TAKES_A_DATASET
    ),
    PACKAGE / "segmentation" / "instances.py",
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


def ids(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


@pytest.mark.parametrize("path", MODULES, ids=ids(MODULES))
def test_only_the_ui_knows_streamlit(path: Path) -> None:
    module = name_of(path)
    if within(module, (STREAMLIT_ROOM,)):
        return
    assert "streamlit" not in libraries(path)
    assert not any(within(name, (STREAMLIT_ROOM,)) for name in imported(path))


@pytest.mark.parametrize("path", MODULES + SCRIPTS, ids=ids(MODULES + SCRIPTS))
def test_only_the_rooms_that_compute_know_tensorflow(path: Path) -> None:
    module = name_of(path)
    if within(module, TENSORFLOW_ROOMS) and not within(module, WITHOUT_TENSORFLOW):
        return
    assert not libraries(path) & TENSORFLOW


def modules_reached(start: str, *, top: bool) -> set[str]:
    """Every module of cellseg that importing `start` runs; not only at its top if so wished."""
    paths = {name_of(path): path for path in MODULES}
    reached, waiting = set(), [start]
    while waiting:
        module = waiting.pop()
        if module in reached or module not in paths:
            continue
        reached.add(module)
        waiting += imported(paths[module], top)
    return reached


LIGHT = [
    *SCRIPTS,
    *(path for path in MODULES if within(name_of(path), (STREAMLIT_ROOM, "cellseg.cli"))),
]


@pytest.mark.parametrize("path", LIGHT, ids=ids(LIGHT))
def test_no_page_waits_for_tensorflow(path: Path) -> None:
    paths = {name_of(module): module for module in MODULES}
    for name in imported(path, top=True):
        for module in modules_reached(name, top=True):
            assert not libraries(paths[module], top=True) & TENSORFLOW, f"through {module}"


@pytest.mark.parametrize("path", SCRIPTS, ids=ids(SCRIPTS))
def test_a_page_imports_no_page(path: Path) -> None:
    assert not libraries(path) & {"pages", "streamlit_app", *(page.stem for page in PAGES)}


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


@pytest.mark.parametrize("path", PURE, ids=ids(PURE))
def test_arrays_in_arrays_out(path: Path) -> None:
    assert not libraries(path) & {"io", "os", "pathlib", "shutil", "subprocess"}
    rooms = {room_of(name) for name in imported(path)}
    assert not rooms & {"workspace", "datasets", "models", "training"}


INITS = [path for path in MODULES if path.name == "__init__.py"]


@pytest.mark.parametrize("path", INITS, ids=ids(INITS))
def test_a_package_file_is_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    rest = [ast.unparse(node) for node in tree.body[1:]]
    version_only = path.parent == PACKAGE and len(rest) == 1 and rest[0].startswith("__version__")
    assert not rest or version_only


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


@pytest.mark.parametrize(
    "command",
    ["app", "demo", "import", "train", "segment", "measure", "score", "evaluate", "list"],
)
def test_help_of_a_command_loads_nothing_heavy(command: str) -> None:
    assert not loaded_by("-m", "cellseg", command, "--help") & HEAVY


WORKERS = ["cellseg.training.worker", "cellseg.batches.worker"]


@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_leaves_streamlit_out(worker: str) -> None:
    assert "streamlit" not in loaded_by("-c", f"import {worker}")


@pytest.mark.parametrize("worker", WORKERS)
def test_nothing_a_worker_imports_later_knows_streamlit(worker: str) -> None:
    paths = {name_of(path): path for path in MODULES}
    for module in modules_reached(worker, top=False):
        assert "streamlit" not in libraries(paths[module]), f"through {module}"


def test_the_launcher_needs_the_standard_library_alone() -> None:
    assert libraries(PACKAGE / "launch.py") <= sys.stdlib_module_names
