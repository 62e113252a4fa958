"""Datasets: import images and masks, check and save the pairs; browse existing datasets."""

import streamlit as st

from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.ui.datasets import (
    dataset_view,
    import_form,
    import_report,
    public_view,
    save_form,
)
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import count

with frame.page(
    "Datasets",
    "Images with masks that mark their cells, for training and testing.",
    "how-to/import-data",
) as workspace:
    store = DatasetStore(workspace)
    datasets = store.all()
    frame.show_messages()

    with st.container(border=True):
        images, masks = import_form.uploaders(workspace)
        images += import_form.from_server(workspace)
        proposal = None
        with st.container():
            try:
                proposal = import_form.proposal(workspace, images, masks)
            except CellsegError as error:
                frame.show_error(error)
            if proposal is not None:
                import_report.show_report(proposal)
            import_form.ask_view(workspace)
            import_form.ask_pairing()
        save_form.form(datasets, images, proposal)
        with st.container():
            if proposal is not None:
                save_form.show_duplicate(store, proposal)
        with st.container(horizontal=True):
            st.button(
                f"Save {count(len(proposal.pairs), 'pair')}" if proposal else "Save",
                key="dataset-save",
                type="primary",
                icon=":material/save:",
                disabled=proposal is None or not proposal.pairs,
                on_click=frame.callback(save_form.save),
                args=(store, proposal, [*images, *masks]),
            )
            if images or masks:
                st.button(
                    "Start over",
                    key="dataset-forget",
                    icon=":material/close:",
                    on_click=frame.callback(save_form.forget_all),
                )
        if proposal is not None:
            import_report.show_pairs(proposal)

    if datasets:
        st.subheader("Your datasets", anchor=False)
        dataset_view.open_one(store, datasets, session.chosen("dataset"))
    elif proposal is None:
        import_report.naming_examples()
    if proposal is None:
        public_view.expander(store)
    frame.show_unreadable(store.unreadable(), "datasets", workspace.datasets)
