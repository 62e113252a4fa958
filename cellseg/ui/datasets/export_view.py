"""A dataset as a zip in the layout of another program."""

from pathlib import Path

import streamlit as st

from cellseg.datasets import layout_export
from cellseg.datasets.layout_export import Layout
from cellseg.datasets.store import Dataset
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import plain
from cellseg.ui.widgets import downloads, uploads
from cellseg.workspace import Workspace

NAMES: dict[Layout, str] = {"stardist": "StarDist", "cellpose": "Cellpose", "plain": "As it is"}
_MADE = "dataset_export"


@frame.guarded
def show(workspace: Workspace, dataset: Dataset) -> None:
    """Choose a layout, pack, take the zip."""
    layout = st.segmented_control(
        "Layout",
        list(NAMES),
        default="stardist",
        required=True,
        format_func=lambda key: NAMES[key],
        key="export-layout",
    )
    st.caption(plain(layout_export.LAYOUTS[layout]))
    wanted = (dataset.id, dataset.record.name, dataset.fingerprint, hash(dataset.split), layout)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Pack", key="export-pack", icon=":material/folder_zip:"):
            path = _packed(workspace, dataset, layout)
            st.session_state[_MADE] = (wanted, str(path))
        made = st.session_state.get(_MADE)
        if made is not None and made[0] == wanted and Path(made[1]).is_file():
            downloads.offer(Path(made[1]), "export-download")


def _packed(workspace: Workspace, dataset: Dataset, layout: Layout) -> Path:
    bar = st.progress(0.0, "Packing")

    def progress(done: int, of: int, name: str) -> None:
        bar.progress(done / max(1, of), plain(f"Packing {name}, {done} of {of}"))

    target = uploads.private_folder(workspace) / "downloads"
    try:
        return layout_export.pack(
            dataset, target / layout_export.zip_name(dataset, layout), layout, progress
        )
    finally:
        bar.empty()
