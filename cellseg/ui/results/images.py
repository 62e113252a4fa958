"""The images of a result, a row each."""

import pandas as pd
import streamlit as st

from cellseg.analysis.filters import Filters
from cellseg.ui.results import state
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.shell.formatting import count
from cellseg.ui.viewer import cells_view


def show(results: Results, filters: Filters) -> None:
    """Cells of every image; a click on a row opens its image."""
    key = f"{results.key}-images"
    with progress_bar.delayed() as tell:
        cells = state.counts(results.images, filters, tell)
    table = pd.DataFrame(
        {
            "image": results.names,
            "cells": [cells[name] for name in results.names],
            "left out": [segmented.cells - cells[segmented.name] for segmented in results.images],
            "share of cells": [segmented.share for segmented in results.images],
            "size": [f"{segmented.width} × {segmented.height}" for segmented in results.images],
            "seconds": [segmented.seconds for segmented in results.images],
            "remarks": ["; ".join(segmented.warnings) for segmented in results.images],
        }
    )
    empty = [] if filters.clauses() else ["left out"]
    if not any(segmented.warnings for segmented in results.images):
        empty.append("remarks")
    names = results.names

    def opened() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows and rows[0] < len(names):
            cells_view.open_image(results.key, names[rows[0]])

    st.dataframe(
        table.drop(columns=empty),
        hide_index=True,
        column_config={
            "cells": st.column_config.NumberColumn("cells", help="That pass the filters."),
            "share of cells": st.column_config.NumberColumn(
                format="percent", help="Of the pixels; before filters."
            ),
            "seconds": st.column_config.NumberColumn(
                format="%.2f", help="For finding the cells, without reading the file."
            ),
        },
        key=key,
        on_select=frame.callback(opened),
        selection_mode="single-row",
        alt=f"Cells of {count(len(names), 'image')}",
    )
    st.caption(
        f"{count(sum(cells.values()), 'cell')} in {count(len(names), 'image')}. Choose a row to "
        "open its image."
    )
