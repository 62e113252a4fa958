"""The files around the code say the same as the code, and are safe."""

import ast
import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import cellseg
from cellseg import launch
from cellseg.cli.commands import app
from cellseg.ui.datasets.findings_view import TITLES
from cellseg.ui.help import commands, guide
from tests.conftest import SLOW

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {
    path.relative_to(ROOT / "docs").as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs").rglob("*.md"))
}
"""The documents by their names."""
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSIONS = ["3.11", "3.12", "3.13"]
LAUNCHERS = ["start-windows.bat", "start-macos.command", "start-linux.sh"]
MIB = 1024**2


def requirements(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def tracked() -> list[Path]:
    """The files of the project, as git knows them."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this copy of the project is no git checkout, so its files are not listed")
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


# --- the server -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("server", "address", "127.0.0.1"),
        ("server", "allowedHosts", ["localhost", "127.0.0.1"]),
        ("server", "headless", True),
        ("server", "showEmailPrompt", False),
        ("server", "enableXsrfProtection", True),
        ("server", "enableCORS", True),
        ("server", "fileWatcherType", "none"),
        ("browser", "gatherUsageStats", False),
        ("client", "showErrorDetails", "none"),
        ("client", "toolbarMode", "viewer"),
    ],
)
def test_the_server_is_safe_by_default(section: str, key: str, value: object) -> None:
    assert CONFIG[section][key] == value


def test_uploads_have_a_limit_and_nginx_the_same() -> None:
    megabytes = CONFIG["server"]["maxUploadSize"]
    assert 200 <= megabytes <= 2048
    assert f"client_max_body_size {megabytes}m;" in DOCS["how-to/lab-server.md"]


def test_streamlit_knows_every_setting() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "not a valid config option" not in shown.stdout + shown.stderr
    assert 'address = "127.0.0.1"' in shown.stdout


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(
        weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_and_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_colours_are_legible(mode: str) -> None:
    theme = CONFIG["theme"][mode]
    assert contrast("#FFFFFF", theme["primaryColor"]) >= 4.5  # what a button says
    for background in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], background) >= 7
        assert contrast(theme["linkColor"], background) >= 4.5
        for colour in [theme["primaryColor"], *theme["chartCategoricalColors"]]:
            assert contrast(colour, background) >= 3


def test_both_modes_have_as_many_chart_colours() -> None:
    light, dark = CONFIG["theme"]["light"], CONFIG["theme"]["dark"]
    assert len(light["chartCategoricalColors"]) == len(dark["chartCategoricalColors"])


# --- requirements -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_both_bounds_and_a_reason(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        assert not line or line.startswith("#") or before.startswith("#"), line
    for requirement in requirements(name):
        operators = {bound.operator for bound in requirement.specifier}
        assert operators >= {">=", "<"}, str(requirement)


@pytest.mark.parametrize(
    ("system", "machine", "engine"),
    [
        ("linux", "x86_64", "tensorflow-cpu"),
        ("win32", "AMD64", "tensorflow-cpu"),
        ("linux", "aarch64", "tensorflow"),
        ("darwin", "arm64", "tensorflow"),
    ],
)
def test_each_machine_gets_one_engine(system: str, machine: str, engine: str) -> None:
    here = {"sys_platform": system, "platform_machine": machine}
    wanted = [
        requirement.name
        for requirement in requirements("requirements.txt")
        if requirement.name.startswith("tensorflow")
        and (requirement.marker is None or requirement.marker.evaluate(here))
    ]
    assert wanted == [engine]


def imported(*folders: str) -> set[str]:
    """The libraries that the Python files in these folders import, by the names of their wheels."""
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    found = {"streamlit"}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    own = {"cellseg", "benchmarks", "docs", "pages", "tests"}
    wheels = {"PIL": "pillow", "skimage": "scikit-image", "xlsxwriter": "XlsxWriter"}
    return {wheels.get(name, name) for name in found - own - sys.stdlib_module_names}


def test_what_the_app_imports_is_required_and_the_other_way_round() -> None:
    asked = {requirement.name for requirement in requirements("requirements.txt")}
    assert imported("cellseg", "pages") == asked - {"tensorflow-cpu"}


def test_what_the_tests_import_is_required() -> None:
    asked = {
        requirement.name
        for name in ("requirements.txt", "requirements-dev.txt")
        for requirement in requirements(name)
    }
    assert imported("tests", "docs") <= asked


def test_what_is_installed_fits() -> None:
    from importlib.metadata import version

    for requirement in requirements("requirements.txt"):
        if requirement.marker is None or requirement.marker.evaluate():
            installed = version(requirement.name)
            assert requirement.specifier.contains(installed, prereleases=True), requirement.name


def test_ruff_is_the_same_before_a_commit_and_in_the_checks() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    pinned = re.search(r"ruff-pre-commit\n +rev: v([\d.]+)\n", hooks)[1]
    asked = next(one for one in requirements("requirements-dev.txt") if one.name == "ruff")
    assert asked.specifier.contains(pinned)


# --- versions and launchers -------------------------------------------------------------------


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(\d[^]]*)\]", changelog, re.MULTILINE)[0] == cellseg.__version__


def test_the_python_versions_are_the_same_everywhere() -> None:
    assert PYPROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert [".".join(map(str, one)) for one in (launch.OLDEST, launch.NEWEST)] == ["3.11", "3.13"]
    said = [
        line.rsplit(" ", 1)[1]
        for line in PYPROJECT["project"]["classifiers"]
        if line.startswith("Programming Language :: Python :: 3.")
    ]
    assert said == VERSIONS
    for name in LAUNCHERS:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert all(version in text for version in VERSIONS), name
        assert not re.search(r"python3\.(10|14)|-3\.(10|14)", text), name


def test_the_launchers_fit_their_systems() -> None:
    attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    assert "*.bat text eol=crlf" in attributes
    windows = (ROOT / "start-windows.bat").read_bytes()
    assert windows.count(b"\n") == windows.count(b"\r\n") > 10
    assert b"pause" in windows
    for name in LAUNCHERS[1:]:
        content = (ROOT / name).read_bytes()
        assert content.startswith(b"#!/bin/sh\n")
        assert b"\r" not in content
    modes = subprocess.run(
        ["git", "ls-files", "--stage", "--", *LAUNCHERS[1:], ".ci/run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    assert all(line.startswith("100755") for line in modes)


# --- documents and files ----------------------------------------------------------------------


PAGES = sorted((ROOT / "pages").glob("*.py"))
WORKING_PAGES = [page for page in PAGES if page.stem != "help"]
"""The pages on which something is done."""


@pytest.mark.parametrize("page", WORKING_PAGES, ids=lambda page: page.stem)
def test_each_page_is_in_the_readme_and_in_the_documents(page: Path) -> None:
    assert page.stem == page.stem.lower()
    assert page.stem.isalpha()
    for mode in ("light", "dark"):
        assert f"docs/screenshots/{page.stem}-{mode}.png" in README
    assert any(f"screenshots/{page.stem}-light.png" in text for text in DOCS.values())


def test_the_pictures_of_the_readme_are_there() -> None:
    if not (ROOT / "docs" / "screenshots").is_dir():
        pytest.skip("there are no pictures yet; make them with python docs/screenshots.py")
    for target in re.findall(r'(?:srcset|src)="([^"]+)"', README):
        assert (ROOT / target).is_file(), target


def test_the_readme_is_one_screen_of_what_and_why() -> None:
    assert len(README.splitlines()) <= 130


def test_the_readme_leads_to_every_document() -> None:
    for name in DOCS:
        if name != "index.md" and not name.startswith("developers/"):
            assert f"](docs/{name})" in README


def test_the_slow_test_files_are_there() -> None:
    assert [name for name in SLOW if not (ROOT / "tests" / name).is_file()] == []


def test_the_checks_run_the_tests_as_the_readme_does() -> None:
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "python -m pytest || tested=$?" in checks.splitlines()
    assert "requirements-dev.txt && .venv/bin/python -m pytest\n" in README


def test_the_readme_names_every_command() -> None:
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"python -m cellseg {name}" in README


def test_links_of_the_documents_lead_somewhere() -> None:
    texts = {
        name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")
    }
    for name, text in (texts | {f"docs/{name}": text for name, text in DOCS.items()}).items():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"


def test_every_document_is_listed_once() -> None:
    listed = [name for section in guide.sections() for name in section.topics]
    assert len(listed) == len(set(listed))
    assert {f"{name}.md" for name in listed} == set(DOCS) - {"index.md"}
    for name in listed:
        assert f"]({name}.md)" in DOCS["index.md"]


def shown_commands(text: str) -> list[list[str]]:
    """The commands of cellseg in the blocks of code of a document, as words after `cellseg`."""
    found = []
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[1:3] == ["-m", "cellseg"]:
                found.append(words[3:])
    return found


@pytest.mark.parametrize("name", ["README.md", *DOCS])
def test_the_documents_show_commands_and_options_that_there_are(name: str) -> None:
    known = {command: commands.options(function) for command, function in commands.commands()}
    text = DOCS.get(name, README)
    for command, *rest in shown_commands(text):
        if command == "COMMAND":
            continue
        assert command in known
        for word in rest:
            assert not word.startswith("--") or word in known[command], f"{command} {word}"


def test_commands_are_found_in_blocks_of_code() -> None:
    lines = ["```sh", "python -m cellseg list  # all", '.venv/bin/python -m cellseg app --port "1"']
    text = "\n".join(["Say", *lines, "```", "python -m cellseg demo", ""])
    assert shown_commands(text) == [["list"], ["app", "--port", "1"]]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", *DOCS])
def test_the_documents_name_scripts_and_modules_that_there_are(name: str) -> None:
    text = DOCS[name] if name in DOCS else (ROOT / name).read_text(encoding="utf-8")
    for module in re.findall(r"python -m ((?:benchmarks|scripts|cellseg)\.[\w.]+)", text):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
    for path in re.findall(r"`((?:cellseg|tests|docs|pages|benchmarks|scripts)/[\w./-]*)`", text):
        assert "NAME" in path or (ROOT / path).exists(), path


def test_the_documents_explain_every_check_of_a_dataset() -> None:
    for name, title in TITLES.items():
        assert f"| {title} | `{name}` | " in DOCS["how-to/check-data.md"]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", *DOCS])
def test_no_code_of_a_document_is_broken_over_two_lines(name: str) -> None:
    text = DOCS[name] if name in DOCS else (ROOT / name).read_text(encoding="utf-8")
    without_blocks = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    broken = [line for line in without_blocks.splitlines() if line.count("`") % 2]
    assert not broken


OF_OTHER_PROGRAMS = {"Open"}


def test_the_documents_call_buttons_as_the_pages_do() -> None:
    """In tutorial and how-to pages, `*Create sample dataset*` is a label of a page of the app."""
    folders = (ROOT / "cellseg" / "ui", ROOT / "cellseg" / "recipes", ROOT / "pages")
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    texts = [text for name, text in DOCS.items() if name.startswith(("tutorial/", "how-to/"))]
    found = set(re.findall(r"(?<!\*)\*([A-Z][\w\s]*)\*(?!\*)", "\n".join([README, *texts])))
    labels = {" ".join(label.split()) for label in found} - OF_OTHER_PROGRAMS
    assert "Create sample dataset" in labels
    for label in labels:
        assert f'"{label}' in written, label


def test_no_file_is_large_but_the_weights_that_ship() -> None:
    large = [path for path in tracked() if path.stat().st_size > 2 * MIB]
    assert [path.relative_to(ROOT).parts[:3] for path in large] == [
        ("cellseg", "models", "shipped")
    ]
    assert sum(path.stat().st_size for path in large) <= 12 * MIB


def test_no_file_knows_a_developers_machine() -> None:
    path_of_somebody = re.compile(r"(?<![\w.~-])/(?:home|Users|root|work)/\w|\b[A-Z]:\\Users\\\w")
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found = path_of_somebody.search(text)
        assert found is None, f"{path.relative_to(ROOT)}: {found}"


# --- the launcher -----------------------------------------------------------------------------


@pytest.mark.parametrize("minor", [11, 12, 13])
@pytest.mark.parametrize(
    ("system", "machine"),
    [("linux", "x86_64"), ("linux", "aarch64"), ("win32", "AMD64"), ("darwin", "arm64")],
)
def test_these_pythons_are_welcome(minor: int, system: str, machine: str) -> None:
    assert launch.unsuitable((3, minor), system, machine, 2**63 - 1) is None


@pytest.mark.parametrize(
    ("version", "system", "machine", "maxsize", "word"),
    [
        ((3, 10), "linux", "x86_64", 2**63 - 1, "3.11"),
        ((3, 14), "linux", "x86_64", 2**63 - 1, "3.13"),
        ((3, 12), "win32", "x86", 2**31 - 1, "64-bit"),
        ((3, 12), "darwin", "x86_64", 2**63 - 1, "Apple silicon"),
        ((3, 12), "win32", "ARM64", 2**63 - 1, "AMD64"),
    ],
)
def test_these_pythons_are_refused_in_one_sentence(
    version: tuple[int, int], system: str, machine: str, maxsize: int, word: str
) -> None:
    reason = launch.unsuitable(version, system, machine, maxsize)
    assert reason is not None
    assert word in reason
    assert "\n" not in reason


def test_the_environment_is_installed_once(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    python = launch.environment(tmp_path)
    stamp = tmp_path / ".venv" / "installed.txt"
    first = stamp.stat().st_mtime_ns
    assert launch.environment(tmp_path) == python
    assert stamp.stat().st_mtime_ns == first

    (tmp_path / "requirements.txt").write_text("# still nothing\n")
    launch.environment(tmp_path)
    assert stamp.stat().st_mtime_ns > first


def test_an_installed_package_has_every_file_that_it_reads():
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]
    packed = {
        path
        for package, globs in patterns.items()
        for pattern in globs
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    read = {path for path in tracked() if path.is_relative_to(ROOT / "cellseg")}
    assert {path for path in read if path.suffix != ".py"} - packed == set()
    for package in patterns:
        assert ROOT.joinpath(*package.split("."), "__init__.py").is_file()
