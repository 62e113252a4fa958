"""The disk space of the workspace."""

import shutil
from pathlib import Path

import streamlit as st

from cellseg.ui.shell.formatting import plain, size
from cellseg.workspace import Workspace, size_on_disk


def show(workspace: Workspace) -> None:
    """The size of datasets, runs, models and results, the free space, and the folder."""
    free = shutil.disk_usage(_existing(workspace.root)).free
    with st.grid(5, min_column_width=140):
        for title, folder in (
            ("Datasets", workspace.datasets),
            ("Runs", workspace.runs),
            ("Models", workspace.models),
            ("Results", workspace.batches),
        ):
            st.metric(title, size(_bytes(str(folder))), border=True)
        st.metric("Free space", size(free), border=True)
    st.caption(f"Stored in {plain(str(workspace.root))}")


@st.cache_data(ttl=20, max_entries=32, show_spinner=False)
def _bytes(folder: str) -> int:
    return size_on_disk(Path(folder))


def _existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())
