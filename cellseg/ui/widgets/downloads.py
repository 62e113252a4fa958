"""Downloads of files that the pages have created."""

from pathlib import Path

import streamlit as st

from cellseg.server import routes
from cellseg.ui.shell.formatting import size
from cellseg.ui.widgets import streaming


def button(path: Path, key: str) -> None:
    """A button that downloads a zip from `downloads` in the private folder of the tab."""
    label = f"Download {path.name}, {size(path.stat().st_size)}"
    if routes.available():  # served from the disk, not from memory
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
