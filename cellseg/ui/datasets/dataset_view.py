"""The datasets of a workspace: which one, what is in it, rename and delete."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from cellseg.batches.store import BatchStore
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.errors import CellsegError
from cellseg.training.runs import RunStore
from cellseg.ui.datasets import (
    card_view,
    export_view,
    review_view,
    split_view,
)
from cellseg.ui.datasets.save_form import KINDS
from cellseg.ui.shell import dialogs, frame, session
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets import gallery
from cellseg.ui.widgets.previews import Preview

SIDES = ("All", "Train", "Test")
VIEWS = ("Pictures", "Card", "Check", "Split", "Export")


def open_one(store: DatasetStore, datasets: Sequence[Dataset], wished: str | None) -> None:
    """The dataset that is open, or the newest: what can be done with it, facts, pictures."""
    with st.container(horizontal=True, vertical_alignment="center"):
        dataset = _pick(datasets, wished)
        st.space("stretch")
        _actions(store, dataset)
    st.caption(facts(dataset))
    view = st.segmented_control(
        "Look at",
        VIEWS,
        default=VIEWS[0],
        required=True,
        key="dataset-view",
        label_visibility="collapsed",
    )
    with st.container(key=f"dataset-{(view or VIEWS[0]).lower()}"):
        if view == "Card":
            card_view.show(store, dataset)
        elif view == "Check":
            review_view.show(dataset)
        elif view == "Split":
            split_view.show(store, dataset)
        elif view == "Export":
            export_view.show(store.workspace, dataset)
        else:
            _look(dataset)


def _pick(datasets: Sequence[Dataset], wished: str | None) -> Dataset:
    if len(datasets) == 1:
        st.markdown(f"**{plain(datasets[0].name)}**", width="content")
        return datasets[0]
    ids = [dataset.id for dataset in datasets]
    return st.selectbox(
        "Dataset to look at",
        datasets,
        index=ids.index(wished) if wished in ids else 0,
        format_func=lambda dataset: dataset.name,
        key=f"dataset-open-{len(datasets)}-{wished}",
        label_visibility="collapsed",
        width=320,
    )


def _actions(store: DatasetStore, dataset: Dataset) -> None:
    frame.link("train", "Train with it", icon="model_training", query={"dataset": dataset.id})
    dialogs.rename("dataset", dataset.name, lambda name: _renamed(store, dataset, name))
    if st.button("Delete", key="dataset-delete", icon=":material/delete:"):
        dialogs.confirm_delete(
            f"Delete the dataset {dataset.name}?",
            "Its images and masks will be gone from here; runs and models made from it stay.",
            lambda: _deleted(store, dataset),
            f"The dataset {dataset.name} was deleted.",
        )


def _look(dataset: Dataset) -> None:
    if dataset.warnings:
        with st.expander(count(len(dataset.warnings), "note"), icon=":material/info:"):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in dataset.warnings))
    with st.container(horizontal=True, vertical_alignment="center"):
        side = st.segmented_control(
            "Show",
            SIDES,
            default="All",
            required=True,
            key="dataset-side",
            label_visibility="collapsed",
        )
        masked = st.toggle("Lay the masks over", value=True, key="dataset-masked")
    gallery.grid(_previews(dataset, side or "All", masked), key=f"dataset-{dataset.id}-{side}")


def facts(dataset: Dataset) -> str:
    """`24 pairs, 512 × 512 pixels, black and white masks, 19 train and 5 test`."""
    split = dataset.split
    sizes = Counter((pair.width, pair.height) for pair in dataset.pairs)
    (width, height), _ = sizes.most_common(1)[0]
    shape = f"{width} × {height} pixels" if len(sizes) == 1 else "of several sizes"
    return ", ".join(
        [
            count(len(dataset.pairs), "pair"),
            shape,
            f"{KINDS[dataset.kind].lower()} in the masks",
            f"{len(split.train)} train and {len(split.test)} test",
        ]
    )


def _previews(dataset: Dataset, side: str, masked: bool) -> list[Preview]:
    test = set(dataset.split.test)
    shown = []
    for pair in dataset.pairs:
        own = "test" if pair.name in test else "train"
        if side == "All" or side.lower() == own:
            shown.append(
                Preview(dataset.folder, pair, dataset.kind, dataset.foreground_values, own, masked)
            )
    return shown


def _renamed(store: DatasetStore, dataset: Dataset, name: str) -> None:
    store.rename(dataset.id, name)


def _deleted(store: DatasetStore, dataset: Dataset) -> None:
    run = RunStore(store.workspace).active()
    if run and dataset.id in (run.config.dataset_id, run.config.test_dataset_id):
        raise CellsegError(
            f"The training {run.config.model_name} uses {dataset.name}; wait for its end or stop "
            "it on the page Train, then delete the dataset."
        )
    for batch in BatchStore(store.workspace).active():
        if batch.config.dataset_id == dataset.id:
            raise CellsegError(
                f"The images of {dataset.name} are being segmented as {batch.name}; wait for the "
                "end or stop it on the page Results, then delete the dataset."
            )
    store.delete(dataset.id)
    session.choose("dataset", None)
