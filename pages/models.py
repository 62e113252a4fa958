"""Models: scores and cards of trained models; rename, delete, download, import."""

import streamlit as st

from cellseg.errors import CellsegError
from cellseg.models.store import ModelStore
from cellseg.ui.models import model_view, storage
from cellseg.ui.shell import frame, session
from cellseg.ui.widgets import uploads

with frame.page(
    "Models", "Trained models with their scores and model cards.", "how-to/models"
) as workspace:
    store = ModelStore(workspace)
    models = store.all()
    opened = session.chosen("model")
    frame.show_messages()

    if models:
        chosen = next((model for model in models if model.id == opened), None)
        with st.container():
            if chosen is not None:
                model_view.card(store, chosen)
                st.subheader("All models", anchor=False)
            elif opened is not None:
                session.choose("model", None)
                frame.show_error(f"There is no model {opened}; it may have been deleted.")
        with st.container(gap="xsmall"):
            for model in models:
                model_view.line(model, is_open=model is chosen)
    else:
        frame.empty_state(
            "deployed_code",
            "No model yet",
            "Train a model, or import one below.",
            ("train", "Train a model", "model_training"),
        )

    frame.show_unreadable(store.unreadable(), "models", workspace.models)

    st.subheader("Import a model", anchor=False)
    for file in uploads.uploader(
        workspace,
        "model-upload",
        "Zip file of a model, downloaded from cellseg",
        help="The model keeps its name; if the name is taken, a number is added.",
        many=False,
    ):
        try:
            model = store.unpack(file.path)
        except CellsegError as error:
            frame.show_error(error)
        else:
            session.add_message(f"The model {model.name} was imported.")
            session.choose("model", model.id)
            st.rerun()
        finally:
            uploads.forget("model-upload")

    st.subheader("Disk space", anchor=False)
    storage.show(workspace)
