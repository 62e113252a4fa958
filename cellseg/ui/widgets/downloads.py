"""Files that were packed for the user, on their way to the browser."""

from pathlib import Path

import streamlit as st

from cellseg.server import routes
from cellseg.ui.shell.formatting import size
from cellseg.ui.widgets import streaming


def offer(path: Path, key: str) -> None:
    """A button that gives a zip in `downloads` of the tab's private folder."""
    label = f"Download {path.name}, {size(path.stat().st_size)}"
    if routes.available():  # from the disk, without the server's memory
        st.link_button(label, streaming.link(path), icon=":material/download:", type="primary")
    else:
        st.download_button(
            label,
            path.read_bytes,
            path.name,
            "application/zip",
            key=key,
            on_click="ignore",
            icon=":material/download:",
            type="primary",
        )
