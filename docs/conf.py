"""The site of the documents: `sphinx-build -W -n docs docs/_build/html`; it needs no network."""

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import cellseg  # noqa: E402
from cellseg.ui.help import reference  # noqa: E402

project = "cellseg"
author = "the cellseg developers"
version = release = cellseg.__version__
extensions = ["myst_parser"]
myst_enable_extensions = ["alert"]  # > [!NOTE], as on GitHub
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"cellseg {version}"
html_logo = html_favicon = "../cellseg/ui/shell/icon.png"
html_show_sourcelink = html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0A6A85", "color-brand-content": "#0A6A85"},
    "dark_css_variables": {"color-brand-primary": "#5BC0DA", "color-brand-content": "#5BC0DA"},
}

_PICTURE = re.compile(r"^!\[([^\]]*)\]\((\S+)-light\.png\)$", re.MULTILINE)
_BOTH = "\n\n".join(
    f"```{{image}} \\2-{scheme}.png\n:alt: \\1\n:class: only-{scheme}\n```"
    for scheme in ("light", "dark")
)


def _written(_: Sphinx, __: str, source: list[str]) -> None:
    """Fill in what is written from the code, and give each picture its dark one."""
    source[0] = _PICTURE.sub(_BOTH, reference.filled(source[0]))


def setup(app: Sphinx) -> None:
    """Change each document before it is read."""
    app.connect("source-read", _written)
