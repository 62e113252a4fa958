"""Start: the three steps, the state of the workspace, and a sample dataset."""

import streamlit as st

from cellseg.datasets.sample import create_sample
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import count
from cellseg.ui.start import overview

with frame.page(
    "Segment cells in your own images",
    "Train a model on your own masks, then find, count and measure cells in new images.",
    "tutorial/first-cells",
) as workspace:
    contents = overview.overview_of(workspace)
    overview.steps(contents)

    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        sample = next((dataset for dataset in contents.datasets if dataset.sample), None)
        with left:
            st.markdown("**No images yet?**")
            st.markdown(
                "Try all steps with synthetic images: fluorescent nuclei with blur, noise and "
                "uneven illumination, and their masks. It takes about two minutes, also offline."
            )
        with right:
            create = st.button(
                "Create sample dataset",
                key="start-sample",
                type="secondary" if contents.datasets else "primary",
                icon=":material/auto_awesome:",
                width="stretch",
            )
        if create:
            with st.spinner("Creating the sample dataset"):
                sample = create_sample(workspace)
            st.success(
                f"The dataset {sample.name} has {count(len(sample.pairs), 'image')} with masks.",
                icon=":material/check_circle:",
            )
            frame.link(
                "train",
                "Train on this dataset",
                icon="model_training",
                query={"dataset": sample.id},
            )
