"""Segmented images: viewer, table, plots, scores and downloads of the same cells."""

import streamlit as st

from cellseg.analysis.filters import Filters
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.ui.results import (
    export,
    ground_truth_view,
    images,
    match_colours,
    plot_view,
    state,
)
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.viewer import cells_view
from cellseg.ui.widgets import filter_form
from cellseg.workspace import Workspace

SECTIONS = {
    "Cells": ":material/table_rows:",
    "Images": ":material/photo_library:",
    "Plots": ":material/bar_chart:",
    "Compare": ":material/compare:",
    "Download": ":material/download:",
}


def show(workspace: Workspace, results: Results) -> None:
    """All of this as a fragment, so that its widgets do not rerun the rest of the page."""
    st.fragment(_view)(workspace, results)


@frame.with_boundary
def _view(workspace: Workspace, results: Results) -> None:
    key = f"{results.key}-section"
    section = st.session_state.get(key) or "Cells"
    ground_truth_view.store_uploaded_masks(workspace, results)
    segmented = cells_view.image_box(results)
    left, right = st.columns([7, 3], gap="medium")
    with right:
        number = st.container(gap="small")
        filters = filter_form.form(f"{results.key}-filter", results.columns)
        column = cells_view.colour_by(results)
    with left:
        marks = match_colours.marks(results, segmented, filters) if section == "Compare" else None
        cells_view.picture(results, segmented, filters, column, marks)
    with number:
        cells_view.show_number_of_cells(results, segmented, filters)
    sections = [name for name in SECTIONS if name != "Images" or len(results.images) > 1]
    section = st.segmented_control(
        "View",
        sections,
        default="Cells",
        required=True,
        format_func=lambda name: f"{SECTIONS[name]} {name}",
        key=key,
        label_visibility="collapsed",
    )
    with st.container(key=f"{results.key}-below"):
        if section == "Images":
            images.show(results, filters)
        elif section == "Plots":
            plot_view.show(results, segmented, filters)
        elif section == "Compare":
            ground_truth_view.show(workspace, results, segmented, filters)
        elif section == "Download":
            export.show(workspace, results, segmented, filters)
        else:
            _cells(results, segmented, filters)


def _cells(results: Results, segmented: SegmentedImage, filters: Filters) -> None:
    """The table of cells of the open image or of all images."""
    all_images = len(results.images) > 1 and (
        st.segmented_control(
            "Cells of",
            ["This image", "All images"],
            default="This image",
            required=True,
            key=f"{results.key}-table-scope",
            label_visibility="collapsed",
        )
        == "All images"
    )
    with progress_bar.delayed() as report:
        if all_images:
            cells = state.table_of_all(results.images, filters, report)
        else:
            cells = state.kept(segmented, filters)
    cells_view.table(results, cells, one_image=not all_images)
