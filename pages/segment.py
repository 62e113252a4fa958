"""Segment: lay a model's masks over new images, count the cells, download the results."""

import streamlit as st

from cellseg.models.store import ModelStore
from cellseg.ui import model_view, overlay_view, segmenting, shell, state, uploads
from cellseg.ui.words import count

KEY = "segment-upload"

with shell.page("Segment", "A trained network marks the cells in your images.") as workspace:
    shell.show_note()
    models = ModelStore(workspace).all()
    if not models:
        shell.nothing_yet(
            "background_replace",
            "No trained model yet",
            "Train a network first; it takes minutes. Then bring images here.",
            ("train", "Train a network", "model_training"),
            ("models", "Bring a model back", "deployed_code"),
        )
        st.stop()

    left, right = st.columns([1, 2], gap="medium")
    with left:
        model = model_view.choice(models, state.chosen("model"))
    with right:
        files = uploads.uploader(
            workspace,
            KEY,
            "Images",
            help="TIFF, CZI, ND2, PNG, JPEG, BMP, WebP or NPY; of a stack is taken what the model "
            "was trained on.",
        )
    if not files:
        st.info(
            "Bring one or more images. Use images like those the model learned from: the same "
            "microscope, stain and magnification.",
            icon=":material/add_photo_alternate:",
        )
        st.stop()

    results, problems = segmenting.with_progress(files, model, uploads.private_folder(workspace))
    with st.container():
        for sentence in problems:
            shell.show_error(sentence)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = overlay_view.pick(results) if results else None
        st.space("stretch")
        if st.button(f"Remove {count(len(files), 'image')}", icon=":material/close:"):
            uploads.forget(KEY)
            st.rerun()
    if shown is not None:
        overlay_view.show(shown)
    if len(results) > 1:
        overlay_view.table(results)
