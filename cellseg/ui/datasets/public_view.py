"""The gallery of public datasets: what they are, under which licence, and a button to get them."""

import streamlit as st

from cellseg import naming
from cellseg.datasets import public
from cellseg.datasets.public import PublicDataset
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import count, plain


def fold(store: DatasetStore) -> None:
    """The gallery in a fold; what is in it comes when somebody opens it."""
    key = "public-datasets"
    with st.expander("Public datasets", icon=":material/public:", key=key, on_change="rerun") as it:
        if it.open:
            show(store)


@frame.guarded
def show(store: DatasetStore) -> None:
    """A card for each dataset."""
    st.caption(
        "Downloaded from their publishers when you ask for it; what arrives is checked by its hash."
    )
    for column, dataset in zip(
        st.columns(len(public.DATASETS), gap="medium"), public.DATASETS, strict=True
    ):
        with column, st.container(border=True, height="stretch"):
            _card(store, dataset)


def _card(store: DatasetStore, dataset: PublicDataset) -> None:
    st.markdown(f"**{plain(dataset.title)}**")
    st.markdown(plain(dataset.about))
    st.caption(f"{count(dataset.images, 'image')}, about {dataset.megabytes} MB to download.")
    st.caption(f"Licence: {plain(dataset.licence)}.")
    st.space("stretch")
    with st.popover("How to cite", width="stretch"):
        st.markdown(plain(dataset.citation))
        st.markdown(f"[{dataset.page.removeprefix('https://')}]({dataset.page})")
    if st.button("Get it", key=f"public-{dataset.id}", icon=":material/download:", width="stretch"):
        kept = _brought(store, dataset)
        session.choose("dataset", kept.id)
        st.rerun()


def _brought(store: DatasetStore, dataset: PublicDataset) -> Dataset:
    bar = st.progress(0.0, "Connecting")

    def progress(part: float, what: str) -> None:
        bar.progress(part, plain(what))

    try:
        proposal = public.bring(store.workspace, dataset, progress)
    finally:
        bar.empty()
    try:
        if known := store.twin(proposal):
            session.note(f"{known.name} has the very images of {dataset.title} already.")
            return known
        names = [other.name for other in store.all()]
        kept = store.create(proposal, naming.numbered(dataset.title, names))
    finally:
        proposal.discard()
    store.note(kept.id, f"{dataset.citation}\nLicence: {dataset.licence}\n{dataset.page}")
    session.note(f"{kept.name} has {count(len(kept.pairs), 'pair')} now.")
    return kept
