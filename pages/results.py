"""Results: saved segmented images with their tables, plots, scores and downloads."""

import streamlit as st

from cellseg.batches.store import BatchStore
from cellseg.ui.results import batch_view
from cellseg.ui.shell import frame, session

with frame.page(
    "Results", "Inspect, measure, compare and export segmented images.", "how-to/measure"
) as workspace:
    batches = BatchStore(workspace).all()
    opened = session.chosen("batch")
    frame.show_messages()
    batch = next((batch for batch in batches if batch.id == opened), None)
    with st.container():
        if batch is not None:
            batch_view.show(workspace, batch)
        elif opened is not None:
            session.choose("batch", None)
            frame.show_error(f"There are no results {opened}; they may have been deleted.")
    if batches:
        st.subheader("All results", anchor=False)
        batch_view.batch_list(batches, batch.id if batch else None)
    else:
        frame.empty_state(
            "grid_view",
            "No results yet",
            "Segment images and save the results. They appear here.",
            ("segment", "Segment images", "background_replace"),
        )
    frame.show_unreadable(BatchStore(workspace).unreadable(), "results", workspace.batches)
