"""The open dataset: its images, summary, check, split and export; rename and delete."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from cellseg.batches.store import BatchStore
from cellseg.datasets.masks import MaskKind
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.errors import CellsegError
from cellseg.training.runs import RunStore
from cellseg.ui.datasets import (
    card_view,
    check_view,
    export_view,
    split_view,
)
from cellseg.ui.shell import dialogs, frame, session
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets import gallery
from cellseg.ui.widgets.previews import Preview

SUBSETS = ("All", "Train", "Test")
MASKS_OF_KIND: dict[MaskKind, str] = {
    "binary": "binary masks",
    "labels": "label images as masks",
    "grey": "masks with several grey values",
}
VIEWS = ("Images", "Summary", "Check", "Split", "Export")


def open_one(store: DatasetStore, datasets: Sequence[Dataset], initial: str | None) -> None:
    """The open dataset, or the newest one.

    Parameters
    ----------
    initial : id of the dataset that is open at first; None opens the newest.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        dataset = _pick(datasets, initial)
        st.space("stretch")
        _actions(store, dataset)
    st.caption(facts(dataset))
    view = st.segmented_control(
        "View",
        VIEWS,
        default=VIEWS[0],
        required=True,
        key="dataset-view",
        label_visibility="collapsed",
    )
    with st.container(key=f"dataset-{(view or VIEWS[0]).lower()}"):
        if view == "Summary":
            card_view.show(store, dataset)
        elif view == "Check":
            check_view.show(dataset)
        elif view == "Split":
            split_view.show(store, dataset)
        elif view == "Export":
            export_view.show(store.workspace, dataset)
        else:
            _images(dataset)


def _pick(datasets: Sequence[Dataset], initial: str | None) -> Dataset:
    if len(datasets) == 1:
        st.markdown(f"**{plain(datasets[0].name)}**", width="content")
        return datasets[0]
    ids = [dataset.id for dataset in datasets]
    return st.selectbox(
        "Dataset",
        datasets,
        index=ids.index(initial) if initial in ids else 0,
        format_func=lambda dataset: dataset.name,
        key=f"dataset-open-{len(datasets)}-{initial}",
        label_visibility="collapsed",
        width=320,
    )


def _actions(store: DatasetStore, dataset: Dataset) -> None:
    frame.link("train", "Train a model", icon="model_training", query={"dataset": dataset.id})
    dialogs.rename("dataset", dataset.name, lambda name: _renamed(store, dataset, name))
    if st.button("Delete", key="dataset-delete", icon=":material/delete:"):
        dialogs.confirm_delete(
            f"Delete the dataset {dataset.name}?",
            "This deletes its images and masks from the workspace. Runs and models trained on it "
            "are kept.",
            lambda: _deleted(store, dataset),
            f"The dataset {dataset.name} was deleted.",
        )


def _images(dataset: Dataset) -> None:
    if dataset.warnings:
        with st.expander(count(len(dataset.warnings), "note"), icon=":material/info:"):
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in dataset.warnings))
    with st.container(horizontal=True, vertical_alignment="center"):
        subset = st.segmented_control(
            "Show",
            SUBSETS,
            default="All",
            required=True,
            key="dataset-subset",
            label_visibility="collapsed",
        )
        masked = st.toggle("Show masks", value=True, key="dataset-masked")
    gallery.grid(_previews(dataset, subset or "All", masked), key=f"dataset-{dataset.id}-{subset}")


def facts(dataset: Dataset) -> str:
    """`24 pairs, 512 × 512 pixels, binary masks, 19 for training, 5 for testing`."""
    split = dataset.split
    sizes = Counter((pair.width, pair.height) for pair in dataset.pairs)
    (width, height), _ = sizes.most_common(1)[0]
    shape = f"{width} × {height} pixels" if len(sizes) == 1 else "various sizes"
    return ", ".join(
        [
            count(len(dataset.pairs), "pair"),
            shape,
            MASKS_OF_KIND[dataset.kind],
            f"{len(split.train)} for training, {len(split.test)} for testing",
        ]
    )


def _previews(dataset: Dataset, subset: str, masked: bool) -> list[Preview]:
    test = set(dataset.split.test)
    shown = []
    for pair in dataset.pairs:
        part = "test" if pair.name in test else "train"
        if subset == "All" or subset.lower() == part:
            shown.append(
                Preview(dataset.folder, pair, dataset.kind, dataset.foreground_values, part, masked)
            )
    return shown


def _renamed(store: DatasetStore, dataset: Dataset, name: str) -> None:
    store.rename(dataset.id, name)


def _deleted(store: DatasetStore, dataset: Dataset) -> None:
    run = RunStore(store.workspace).active()
    if run and dataset.id in (run.config.dataset_id, run.config.test_dataset_id):
        raise CellsegError(
            f"The training {run.config.model_name} uses {dataset.name}. Wait until it ends or stop "
            "it on the page Train, then delete the dataset."
        )
    for batch in BatchStore(store.workspace).active():
        if batch.config.dataset_id == dataset.id:
            raise CellsegError(
                f"The images of {dataset.name} are being segmented as {batch.name}. Wait until "
                "this ends or stop it on the page Results, then delete the dataset."
            )
    store.delete(dataset.id)
    session.choose("dataset", None)
