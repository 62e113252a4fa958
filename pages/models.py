"""Models: what was learned. Look at a card, rename, delete, take a copy, bring one back."""

import streamlit as st

from cellseg.errors import CellsegError
from cellseg.models.store import ModelStore
from cellseg.ui.models import model_view, storage
from cellseg.ui.shell import frame, session
from cellseg.ui.widgets import uploads

with frame.page(
    "Models", "What was learned, with its scores and where they come from.", "how-to/models"
) as workspace:
    store = ModelStore(workspace)
    models = store.all()
    opened = session.chosen("model")
    frame.show_note()

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
        frame.nothing_yet(
            "deployed_code",
            "No model yet",
            "A finished training leaves a model here. You can also bring one back from a zip.",
            ("train", "Train a network", "model_training"),
        )

    frame.show_unreadable(store.unreadable(), "models", workspace.models)

    st.subheader("Bring a model back", anchor=False)
    for file in uploads.uploader(
        workspace,
        "model-upload",
        "A zip that was downloaded here or from another cellseg",
        help="The model appears in the list under the name it had, with a number if that is taken.",
        many=False,
    ):
        try:
            model = store.unpack(file.path)
        except CellsegError as error:
            frame.show_error(error)
        else:
            session.note(f"The model {model.name} is back.")
            session.choose("model", model.id)
            st.rerun()
        finally:
            uploads.forget("model-upload")

    st.subheader("Disk space", anchor=False)
    storage.show(workspace)
