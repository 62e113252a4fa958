"""Segment: find, count and measure the cells of new images with a trained model."""

import streamlit as st

from cellseg.batches.segmenting import SegmentationRequest
from cellseg.models.store import ModelStore
from cellseg.ui.models import model_view
from cellseg.ui.results import results_view
from cellseg.ui.results.state import Results
from cellseg.ui.segment import form, inputs, segmenting
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import count
from cellseg.ui.widgets import uploads

with frame.page(
    "Segment", "Find, count and measure the cells in your images.", "how-to/segment"
) as workspace:
    frame.show_messages()
    models = ModelStore(workspace).all()
    if not models:
        frame.empty_state(
            "background_replace",
            "No model yet",
            "Train a model first, or import one.",
            ("train", "Train a model", "model_training"),
            ("models", "Import a model", "deployed_code"),
        )
        st.stop()

    left, right = st.columns([1, 2], gap="medium")
    with left:
        model = model_view.choice(models, session.chosen("model"))
        if model is None:
            st.stop()
        options, pixel_size = form.ask_options(model)
    with right:
        chosen = inputs.choose(workspace)
        buttons = st.container(horizontal=True)
    if not chosen.description:
        st.info(
            "Add one or more images like the training images of the model: same microscope, stain "
            "and magnification.",
            icon=":material/add_photo_alternate:",
        )
        st.stop()

    with buttons:
        saving = st.container(width="content")
        if chosen.files and st.button(
            f"Remove {count(len(chosen.files), 'file')}", icon=":material/close:"
        ):
            inputs.forget(workspace)
            st.rerun()
    view = inputs.ask_view(workspace, chosen, model)
    files = list(chosen.files_on_page)
    request = SegmentationRequest(options, view, pixel_size)
    with st.container():  # there in every run, so that nothing below it changes its place
        if chosen.needs_batch:
            form.background(workspace, chosen, model, request)
            files = form.preview_choice(files)
    images, problems = segmenting.with_progress(
        files, model, request, uploads.private_folder(workspace)
    )
    with st.container():
        for sentence in problems:
            frame.show_error(sentence)
    with saving:
        if images and not chosen.needs_batch:
            form.save_button(workspace, images, model, request)
    if images:
        name = form.title(images, model)
        results_view.show(workspace, Results("segment", name, tuple(images), model, options))
