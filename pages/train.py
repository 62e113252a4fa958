"""Train: teach a network with a dataset, watch the curves, look back at earlier runs."""

import streamlit as st

from cellseg.datasets.store import DatasetStore
from cellseg.errors import TrainingActive
from cellseg.models.store import ModelStore
from cellseg.training import jobs
from cellseg.training.runs import RunStore
from cellseg.ui import recipe_form, run_list, run_view, shell, state
from cellseg.ui.words import plain

with shell.page(
    "Train", "A network learns from your masks while you watch.", "how-to/train"
) as workspace:
    datasets = DatasetStore(workspace).all()
    runs = RunStore(workspace).all()
    shell.show_note()

    opened = state.chosen("run")
    run = next((run for run in runs if run.id == opened), None)
    with st.container():
        if run is not None:
            run_view.show(run)
        elif opened is not None:
            state.choose("run", None)
            shell.show_error(f"There is no training run {opened}; it may have been deleted.")

    if not datasets:
        shell.nothing_yet(
            "photo_library",
            "No dataset to learn from yet",
            "Bring images and their masks, or make the sample on the first page.",
            ("datasets", "Bring images", "photo_library"),
            ("start", "Make the sample", "auto_awesome"),
        )
    else:
        with st.container():  # there in every run, so that the form stays in its place
            if run is not None:
                st.subheader("Train another network", anchor=False)
        with st.container(border=True):
            models = ModelStore(workspace).all()
            wish = recipe_form.form(datasets, state.chosen("dataset"), models)
            split = wish.dataset.split
            seconds = jobs.estimate_seconds(
                workspace, wish.recipe, len(split.train), len(split.test)
            )
            if recipe_form.start_button(wish, seconds):
                try:
                    run = jobs.start(workspace, wish.dataset, wish.recipe, wish.model_name)
                except TrainingActive as error:
                    st.warning(plain(str(error)), icon=":material/hourglass_top:")
                    shell.link("train", "Open the training that runs", query={"run": error.run_id})
                else:
                    state.choose("run", run.id)
                    st.rerun()

    if runs:
        st.subheader("All runs", anchor=False)
        run_list.show(runs, opened)
