"""Datasets: bring images and masks, see what pairs, keep them; look at what is there."""

import streamlit as st

from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.ui import dataset_view, import_view, shell, state
from cellseg.ui.words import count

with shell.page("Datasets", "Images and the masks that show where their cells are.") as workspace:
    store = DatasetStore(workspace)
    datasets = store.all()
    shell.show_note()

    with st.container(border=True):
        images, masks = import_view.uploaders(workspace)
        found = None
        with st.container():
            try:
                found = import_view.proposal(workspace, images, masks)
            except CellsegError as error:
                shell.show_error(error)
            if found is not None:
                import_view.report(found)
        wish = import_view.form(datasets, images, found)
        with st.container(horizontal=True, vertical_alignment="center"):
            save = st.button(
                f"Save {count(len(found.pairs), 'pair')}" if found else "Save",
                key="dataset-save",
                type="primary",
                icon=":material/save:",
                disabled=found is None,
            )
            if (images or masks) and st.button("Start over", icon=":material/close:"):
                import_view.forget_all()
                st.rerun()
        if save and found is not None:
            with st.spinner("Saving the pairs"):
                if wish.into is not None:
                    kept = store.add(wish.into, found)
                else:
                    kept = store.create(found, wish.name, wish.kind, wish.values)
            import_view.forget_all()
            state.note(f"{kept.name} has {count(len(kept.pairs), 'pair')} now.")
            state.choose("dataset", kept.id)
            st.rerun()
        if found is not None:
            import_view.look(found, wish)

    if datasets:
        st.subheader("Your datasets", anchor=False)
        dataset_view.open_one(store, datasets, state.chosen("dataset"))
    elif found is None:
        import_view.what_fits()
