"""The modules of the pages' components, joined to one script each."""

import re
from collections import Counter
from pathlib import Path

import pytest

from cellseg.ui.widgets import javascript

UI = Path(javascript.__file__).parent.parent
CANVAS = UI / "viewer" / "canvas"
SCRIPTS = {
    "viewer": (
        UI / "viewer" / "canvas" / "main.js",
        sorted((UI / "viewer" / "canvas").glob("*.js")),
    ),
    "uploader": (UI / "widgets" / "uploader.js", sorted((UI / "widgets").glob("uploader*.js"))),
}


@pytest.fixture(params=SCRIPTS)
def script(request: pytest.FixtureRequest) -> tuple[str, list[Path]]:
    """A joined script, and the modules that lie in its folder."""
    entry, modules = SCRIPTS[request.param]
    return javascript.joined_script(entry), modules


def test_modules_are_joined_in_the_order_of_their_imports(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text(
        'import { b } from "./b.js";\nimport {\n  a,\n} from "./a.js";\n\n'
        "export default function () {\n  return a + b;\n}\n"
    )
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = a;\n')
    (tmp_path / "a.js").write_text("export const a = 1;\nexport async function f() {}\n")
    assert javascript.joined_script(tmp_path / "main.js") == (
        "const a = 1;\nasync function f() {}\n"
        "\nconst b = a;\n"
        "\n\nexport default function () {\n  return a + b;\n}\n"
    )


def test_every_module_is_part_of_the_script(script: tuple[str, list[Path]]) -> None:
    text, modules = script
    for module in modules:
        lines = module.read_text(encoding="utf-8").splitlines()
        body = [line for line in lines if line.startswith("  ")]
        assert body[-1] in text, module.name
    assert not re.search(r"^import |^export (?!default)", text, re.MULTILINE)
    assert len(re.findall(r"^export default ", text, re.MULTILINE)) == 1


def test_no_name_is_declared_in_two_modules(script: tuple[str, list[Path]]) -> None:
    declaration = r"^(?:export default )?(?:async )?(?:const|let|class|function) (\w+)"
    declared = re.findall(declaration, script[0], re.MULTILINE)
    assert len(declared) > 10
    assert [name for name, count in Counter(declared).items() if count > 1] == []


def test_no_name_is_imported_as_another(script: tuple[str, list[Path]]) -> None:
    for module in script[1]:
        for names in re.findall(r"^import ([^;]*);", module.read_text("utf-8"), re.MULTILINE):
            assert " as " not in names, module.name
