"""Public datasets: description, licence, citation, and a button to download them."""

import streamlit as st

from cellseg import naming
from cellseg.datasets import public
from cellseg.datasets.public import PublicDataset
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import count, plain


def expander(store: DatasetStore) -> None:
    """The public datasets in an expander; they are listed when it is opened."""
    key = "public-datasets"
    with st.expander(
        "Public datasets", icon=":material/public:", key=key, on_change="rerun"
    ) as box:
        if box.open:
            show(store)


@frame.with_boundary
def show(store: DatasetStore) -> None:
    """A card for each dataset."""
    st.caption("Downloaded from the publisher on request; the download is checked by its hash.")
    for column, dataset in zip(
        st.columns(len(public.DATASETS), gap="medium"), public.DATASETS, strict=True
    ):
        with column, st.container(border=True, height="stretch"):
            _card(store, dataset)


def _card(store: DatasetStore, dataset: PublicDataset) -> None:
    st.markdown(f"**{plain(dataset.title)}**")
    st.markdown(plain(dataset.about))
    st.caption(f"{count(dataset.images, 'image')}, download of about {dataset.megabytes} MB.")
    st.caption(f"Licence: {plain(dataset.licence)}.")
    st.space("stretch")
    with st.popover("Citation", width="stretch"):
        st.markdown(plain(dataset.citation))
        st.markdown(f"[{dataset.page.removeprefix('https://')}]({dataset.page})")
    if st.button(
        "Download", key=f"public-{dataset.id}", icon=":material/download:", width="stretch"
    ):
        saved = _downloaded(store, dataset)
        session.choose("dataset", saved.id)
        st.rerun()


def _downloaded(store: DatasetStore, dataset: PublicDataset) -> Dataset:
    bar = st.progress(0.0, "Connecting")

    def progress(fraction: float, step: str) -> None:
        bar.progress(fraction, plain(step))

    try:
        proposal = public.download(store.workspace, dataset, progress)
    finally:
        bar.empty()
    try:
        if known := store.duplicate_of(proposal):
            session.add_message(f"{known.name} already has the images of {dataset.title}.")
            return known
        names = [other.name for other in store.all()]
        saved = store.create(proposal, naming.numbered(dataset.title, names))
    finally:
        proposal.discard()
    store.set_notes(saved.id, f"{dataset.citation}\nLicence: {dataset.licence}\n{dataset.page}")
    session.add_message(f"{saved.name} now has {count(len(saved.pairs), 'pair')}.")
    return saved
