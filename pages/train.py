"""Train: set up and start a training, follow its curves, open earlier runs."""

import streamlit as st

from cellseg.datasets.store import DatasetStore
from cellseg.errors import TrainingActive
from cellseg.models.store import ModelStore
from cellseg.training import jobs
from cellseg.training.runs import RunStore
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import plain
from cellseg.ui.train import recipe_form, run_list, run_view

with frame.page(
    "Train", "Train a model on your masks and follow its progress.", "how-to/train"
) as workspace:
    datasets = DatasetStore(workspace).all()
    runs = RunStore(workspace).all()
    frame.show_messages()

    opened = session.chosen("run")
    run = next((run for run in runs if run.id == opened), None)
    with st.container():
        if run is not None:
            run_view.show(run)
        elif opened is not None:
            session.choose("run", None)
            frame.show_error(f"There is no training run {opened}; it may have been deleted.")

    if not datasets:
        frame.empty_state(
            "photo_library",
            "No dataset yet",
            "Import images and their masks, or create the sample dataset on the page Start.",
            ("datasets", "Import images", "photo_library"),
            ("start", "Create sample dataset", "auto_awesome"),
        )
    else:
        with st.container():  # there in every run, so that the form stays in its place
            if run is not None:
                st.subheader("Train another model", anchor=False)
        with st.container(border=True):
            models = ModelStore(workspace).all()
            request = recipe_form.form(datasets, session.chosen("dataset"), models)
            split = request.dataset.split
            seconds = jobs.estimate_seconds(
                workspace, request.settings, len(split.train), len(split.test)
            )
            if recipe_form.start_button(request, seconds):
                try:
                    run = jobs.start(
                        workspace, request.dataset, request.settings, request.model_name
                    )
                except TrainingActive as error:
                    st.warning(plain(str(error)), icon=":material/hourglass_top:")
                    frame.link("train", "Open the running training", query={"run": error.run_id})
                else:
                    session.choose("run", run.id)
                    st.rerun()

    if runs:
        st.subheader("All runs", anchor=False)
        run_list.show(runs, opened)
    frame.show_unreadable(RunStore(workspace).unreadable(), "training runs", workspace.runs)
