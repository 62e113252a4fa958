"""The scripts of the pages' own components: modules that become one script each."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import [^;]*?"\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def joined_script(entry: Path) -> str:
    """One script from a module and all that it imports, as Streamlit takes one for a component.

    The files are ES modules, so that a linter, an editor and `node --test` read them as they are.
    Here each stands once, behind those that it imports, without its import lines and the word
    `export`. They share one scope then: no name may be declared in two of them, and none be
    imported under another name (`tests/test_javascript.py`).

    Parameters
    ----------
    entry : the module with the default export, which Streamlit calls.
    """
    texts: dict[Path, str] = {}

    def add(path: Path) -> None:
        if path in texts:
            return
        text = path.read_text(encoding="utf-8")
        for name in _IMPORT.findall(text):
            add(path.with_name(name))
        texts[path] = _EXPORT.sub("", _IMPORT.sub("", text))

    add(entry)
    return "\n".join(texts.values())
