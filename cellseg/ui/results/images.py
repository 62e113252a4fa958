"""The table of the images of a result."""

import pandas as pd
import streamlit as st

from cellseg.analysis.filters import Filters
from cellseg.ui.results import state
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.shell.formatting import count
from cellseg.ui.viewer import cells_view


def show(results: Results, filters: Filters) -> None:
    """The number of cells of every image; selecting a row opens its image."""
    key = f"{results.key}-images"
    with progress_bar.delayed() as report:
        cells = state.counts(results.images, filters, report)
    table = pd.DataFrame(
        {
            "Image": results.names,
            "Cells": [cells[name] for name in results.names],
            "Excluded": [segmented.cells - cells[segmented.name] for segmented in results.images],
            "Area fraction": [segmented.share for segmented in results.images],
            "Size": [f"{segmented.width} × {segmented.height}" for segmented in results.images],
            "Time, s": [segmented.seconds for segmented in results.images],
            "Warnings": ["; ".join(segmented.warnings) for segmented in results.images],
        }
    )
    hidden = [] if filters.clauses() else ["Excluded"]
    if not any(segmented.warnings for segmented in results.images):
        hidden.append("Warnings")
    names = results.names

    def opened() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows and rows[0] < len(names):
            cells_view.open_image(results.key, names[rows[0]])

    st.dataframe(
        table.drop(columns=hidden),
        hide_index=True,
        column_config={
            "Cells": st.column_config.NumberColumn(help="Cells that pass the filters."),
            "Area fraction": st.column_config.NumberColumn(
                format="percent", help="Fraction of the pixels that are cells, before filters."
            ),
            "Time, s": st.column_config.NumberColumn(
                format="%.2f", help="Duration of the segmentation, without reading the file."
            ),
        },
        key=key,
        on_select=frame.callback(opened),
        selection_mode="single-row",
        alt=f"Cells of {count(len(names), 'image')}",
    )
    st.caption(
        f"{count(sum(cells.values()), 'cell')} in {count(len(names), 'image')}. Select a row to "
        "open its image."
    )
