"""Export of a dataset: a zip in the layout of another program."""

from pathlib import Path

import streamlit as st

from cellseg.datasets import layout_export
from cellseg.datasets.layout_export import ExportLayout
from cellseg.datasets.store import Dataset
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import plain
from cellseg.ui.widgets import downloads, uploads
from cellseg.workspace import Workspace

NAMES: dict[ExportLayout, str] = {
    "stardist": "StarDist",
    "cellpose": "Cellpose",
    "plain": "Images and masks",
}
_ZIP = "dataset_export"


@frame.with_boundary
def show(workspace: Workspace, dataset: Dataset) -> None:
    """Choose a layout, create the zip, download it."""
    layout = st.segmented_control(
        "Layout",
        list(NAMES),
        default="stardist",
        required=True,
        format_func=lambda key: NAMES[key],
        key="export-layout",
    )
    st.caption(plain(layout_export.LAYOUTS[layout]))
    request = (dataset.id, dataset.record.name, dataset.fingerprint, hash(dataset.split), layout)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Create zip", key="export-pack", icon=":material/folder_zip:"):
            path = _create_zip(workspace, dataset, layout)
            st.session_state[_ZIP] = (request, str(path))
        created = st.session_state.get(_ZIP)
        if created is not None and created[0] == request and Path(created[1]).is_file():
            downloads.button(Path(created[1]), "export-download")


def _create_zip(workspace: Workspace, dataset: Dataset, layout: ExportLayout) -> Path:
    bar = st.progress(0.0, "Packing")

    def progress(done: int, total: int, name: str) -> None:
        bar.progress(done / max(1, total), plain(f"Packing {name}, {done} of {total}"))

    target = uploads.private_folder(workspace) / "downloads"
    try:
        return layout_export.write_zip(
            dataset, target / layout_export.zip_name(dataset, layout), layout, progress
        )
    finally:
        bar.empty()
