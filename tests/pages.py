"""Pages opened as the app opens them, on a workspace of the test's own."""

import functools
from pathlib import Path
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]

# Streamlit reads the metadata of every installed package for each app under test.
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)


def opened(page: str = "start", **query: str) -> AppTest:
    """The app with this page open; the address carries the query."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page != "start":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception[0].value
    return app


def text(app: AppTest) -> str:
    """Everything that the page says in words."""
    kinds = ("title", "subheader", "markdown", "caption", "success", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def labelled(elements: Any, label: str) -> Any:
    """The one of these widgets that has this label."""
    (found,) = [element for element in elements if element.label == label]
    return found


def errors(app: AppTest) -> list[str]:
    """The sentences in red."""
    return [element.value for element in app.error]
