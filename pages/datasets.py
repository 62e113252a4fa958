"""Datasets: bring images and masks, see what pairs, keep them; look at what is there."""

import streamlit as st

from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.ui import dataset_view, import_view, public_view, shell, state
from cellseg.ui.words import count

with shell.page("Datasets", "Images and the masks that show where their cells are.") as workspace:
    store = DatasetStore(workspace)
    datasets = store.all()
    shell.show_note()

    with st.container(border=True):
        images, masks = import_view.uploaders(workspace)
        images += import_view.from_server(workspace)
        found = None
        try:
            found = import_view.proposal(workspace, images, masks)
        except CellsegError as error:
            shell.show_error(error)
        if found is not None:
            import_view.report(found)
        import_view.ask_view(workspace)
        import_view.ask_pairing()
        wish = import_view.form(datasets, images, found)
        if found is not None:
            import_view.say_twin(store, found, wish)
        with st.container(horizontal=True, vertical_alignment="center"):
            save = st.button(
                f"Save {count(len(found.pairs), 'pair')}" if found else "Save",
                key="dataset-save",
                type="primary",
                icon=":material/save:",
                disabled=found is None or not found.pairs,
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
    if found is None:
        with st.expander("Public datasets", icon=":material/public:"):
            public_view.show(store)
