"""The split of a dataset into training and test pairs, which can be changed."""

import pandas as pd
import streamlit as st

from cellseg.datasets.leaks import Leak, find_leaks
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import count, listed, plain

SOURCES = {
    "seed": "split at random",
    "folders": "split by the folders train and test",
    "hand": "split manually",
}


@frame.with_boundary
def show(store: DatasetStore, dataset: Dataset) -> None:
    """A table with a checkbox for each test pair, warnings about leaks, and a button."""
    split = dataset.split
    st.caption(
        f"{count(len(split.train), 'training pair')} and {count(len(split.test), 'test pair')}, "
        f"{SOURCES[split.source]}. Existing runs keep their split; new runs use this one."
    )
    tests = set(split.test)
    edited = st.data_editor(
        pd.DataFrame(
            {
                "Test": [pair.name in tests for pair in dataset.pairs],
                "Image": [pair.image_name for pair in dataset.pairs],
                "Name in the dataset": [pair.name for pair in dataset.pairs],
            }
        ),
        key=f"split-{dataset.id}-{hash(split)}",
        hide_index=True,
        disabled=["Image", "Name in the dataset"],
        column_config={
            "Test": st.column_config.CheckboxColumn(width=70),
            "Image": st.column_config.TextColumn(width="large"),
        },
        height=min(420, 38 + 35 * len(dataset.pairs)),
    )
    chosen = {pair.name for pair, test in zip(dataset.pairs, edited["Test"], strict=True) if test}
    for leak in find_leaks(dataset.pairs, chosen)[:5]:
        st.warning(plain(_sentence(dataset, leak)), icon=":material/warning:")
    if not chosen:
        st.info("Without test pairs, models have no test scores.", icon=":material/info:")
    if st.button(
        f"Use {count(len(chosen), 'pair')} for testing",
        key="split-save",
        type="primary",
        icon=":material/save:",
        disabled=chosen == tests,
    ):
        store.set_test_pairs(dataset.id, chosen)
        session.add_message(f"{dataset.name} now has {count(len(chosen), 'test pair')}.")
        st.rerun()


def _sentence(dataset: Dataset, leak: Leak) -> str:
    def files(names: tuple[str, ...]) -> str:
        return listed([dataset.pair(name).image_name for name in names], most=3)

    if leak.kind == "same image":
        relation = "is the same image as"
    else:
        relation = "comes from the same file as"
    return (
        f"{files(leak.test)} {relation} {files(leak.train)}, which is used for training: the test "
        "score will be too high."
    )
