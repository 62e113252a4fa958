"""Which pairs train and which test, by name, to be changed by hand."""

import pandas as pd
import streamlit as st

from cellseg.datasets.leaks import Leak, leaks
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import count, listed, plain

SOURCES = {
    "seed": "drawn at random",
    "folders": "taken from the folders train and test",
    "hand": "changed by hand",
}


@frame.guarded
def show(store: DatasetStore, dataset: Dataset) -> None:
    """A table with a tick for each pair that tests, warnings where it leaks, and a button."""
    split = dataset.split
    st.caption(
        f"{count(len(split.train), 'pair')} to train and {len(split.test)} to test, "
        f"{SOURCES[split.source]}. Runs that began keep the split they began with; later runs use "
        "the new one."
    )
    tests = set(split.test)
    edited = st.data_editor(
        pd.DataFrame(
            {
                "Tests": [pair.name in tests for pair in dataset.pairs],
                "Image": [pair.image_name for pair in dataset.pairs],
                "Name here": [pair.name for pair in dataset.pairs],
            }
        ),
        key=f"split-{dataset.id}-{hash(split)}",
        hide_index=True,
        disabled=["Image", "Name here"],
        column_config={
            "Tests": st.column_config.CheckboxColumn(width=70),
            "Image": st.column_config.TextColumn(width="large"),
        },
        height=min(420, 38 + 35 * len(dataset.pairs)),
    )
    chosen = {
        pair.name for pair, wanted in zip(dataset.pairs, edited["Tests"], strict=True) if wanted
    }
    for leak in leaks(dataset.pairs, chosen)[:5]:
        st.warning(plain(_sentence(dataset, leak)), icon=":material/warning:")
    if not chosen:
        st.info("Nothing tests: the run will end without scores.", icon=":material/info:")
    if st.button(
        f"Let {count(len(chosen), 'pair')} test",
        key="split-save",
        type="primary",
        icon=":material/save:",
        disabled=chosen == tests,
    ):
        store.divide(dataset.id, chosen)
        session.note(f"{dataset.name} has {count(len(chosen), 'test pair')} now.")
        st.rerun()


def _sentence(dataset: Dataset, leak: Leak) -> str:
    def files(names: tuple[str, ...]) -> str:
        return listed([dataset.pair(name).image_name for name in names], most=3)

    if leak.kind == "same image":
        what = f"{files(leak.test)} is the same image as {files(leak.train)}, which trains"
    else:
        what = f"{files(leak.test)} comes from the same file as {files(leak.train)}, which trains"
    return f"{what}: the network has seen it, and the test score will be too good."
