"""Datasets: bring images and masks, see what pairs, keep them; look at what is there."""

import streamlit as st

from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.ui.datasets import (
    dataset_view,
    import_view,
    proposals,
    public_view,
    save_form,
)
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import count

with frame.page(
    "Datasets", "Images and the masks that show where their cells are.", "how-to/bring-data"
) as workspace:
    store = DatasetStore(workspace)
    datasets = store.all()
    frame.show_note()

    with st.container(border=True):
        images, masks = proposals.uploaders(workspace)
        images += proposals.from_server(workspace)
        found = None
        with st.container():
            try:
                found = proposals.proposal(workspace, images, masks)
            except CellsegError as error:
                frame.show_error(error)
            if found is not None:
                import_view.report(found)
            proposals.ask_view(workspace)
            proposals.ask_pairing()
        save_form.form(datasets, images, found)
        with st.container():
            if found is not None:
                save_form.say_twin(store, found)
        with st.container(horizontal=True):
            st.button(
                f"Save {count(len(found.pairs), 'pair')}" if found else "Save",
                key="dataset-save",
                type="primary",
                icon=":material/save:",
                disabled=found is None or not found.pairs,
                on_click=frame.callback(save_form.save),
                args=(store, found, [*images, *masks]),
            )
            if images or masks:
                st.button(
                    "Start over",
                    key="dataset-forget",
                    icon=":material/close:",
                    on_click=frame.callback(save_form.forget_all),
                )
        if found is not None:
            import_view.look(found)

    if datasets:
        st.subheader("Your datasets", anchor=False)
        dataset_view.open_one(store, datasets, session.chosen("dataset"))
    elif found is None:
        import_view.what_fits()
    if found is None:
        public_view.fold(store)
    frame.show_unreadable(store.unreadable(), "datasets", workspace.datasets)
