"""Start: what to do next, what is there, and a sample to try everything with."""

import streamlit as st

from cellseg.datasets.sample import create_sample
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import count
from cellseg.ui.start import overview

with frame.page(
    "Segment cells in your own images",
    "Show a network how you outline cells. It learns from your masks and marks new images.",
    "tutorial/first-cells",
) as workspace:
    there = overview.look(workspace)
    overview.steps(there)

    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        sample = next((dataset for dataset in there.datasets if dataset.sample), None)
        with left:
            st.markdown("**No images at hand?**")
            st.markdown(
                "Try the whole way with drawn cells: glowing nuclei with blur, noise and uneven "
                "light, and their true masks. It needs no network and takes about two minutes."
            )
        with right:
            wanted = st.button(
                "Make the sample",
                key="start-sample",
                type="secondary" if there.datasets else "primary",
                icon=":material/auto_awesome:",
                width="stretch",
            )
        if wanted:
            with st.spinner("Drawing cells"):
                sample = create_sample(workspace)
            st.success(
                f"The dataset {sample.name} is ready: {count(len(sample.pairs), 'image')} with "
                "their masks.",
                icon=":material/check_circle:",
            )
            frame.link(
                "train", "Train with it", icon="model_training", query={"dataset": sample.id}
            )
