"""The steps of the page Start: what the workspace contains, and what to do next."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.models.store import Model, ModelStore
from cellseg.training.runs import Run, RunStore
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.start import illustration
from cellseg.ui.train.run_view import badge, last_iou, status_text
from cellseg.workspace import Workspace

Step = Literal["data", "train", "segment"]


@dataclass(frozen=True)
class Overview:
    """The contents of a workspace, newest first; `active` is the training that runs now."""

    datasets: list[Dataset]
    runs: list[Run]
    models: list[Model]
    active: Run | None

    @property
    def trained(self) -> list[Model]:
        """The user's own models."""
        return [model for model in self.models if not model.shipped]

    @property
    def next(self) -> Step:
        """The step to do next."""
        if not self.datasets and not self.trained:
            return "data"
        return "segment" if self.trained and self.active is None else "train"


def overview_of(workspace: Workspace) -> Overview:
    """Read the contents of a workspace."""
    runs = RunStore(workspace).all()
    active = next((run for run in runs if not run.progress().ended), None)
    datasets = DatasetStore(workspace).all()
    return Overview(datasets, runs, ModelStore(workspace).all(), active)


def steps(overview: Overview) -> None:
    """The three steps side by side; a badge marks the next one."""
    drawn = zip(
        st.columns(3),
        (_data, _train, _segment),
        illustration.pictures(),
        (
            "An image of cells",
            "The image with outlined cells",
            "The image with coloured cells",
        ),
        strict=True,
    )
    for column, step, picture, alt in drawn:
        with column, st.container(border=True, height="stretch", gap="small"):
            st.image(picture, width="stretch", alt=alt)
            step(overview)


def _data(overview: Overview) -> None:
    datasets = overview.datasets
    _title("1 · Import images", bool(datasets), overview.next == "data")
    if not datasets:
        st.markdown("Microscopy images, each with a mask that marks its cells.")
    else:
        images = sum(len(dataset.pairs) for dataset in datasets)
        st.markdown(
            f"{count(len(datasets), 'dataset')} with {count(images, 'image')}. "
            f"Newest: **{plain(datasets[0].name)}**."
        )
    st.space("stretch")
    label = "Open datasets" if datasets else "Import images"
    frame.link("datasets", label, icon="photo_library")


def _train(overview: Overview) -> None:
    _title("2 · Train a model", bool(overview.trained), overview.next == "train")
    run = overview.active or (overview.runs[0] if overview.runs else None)
    if run is None:
        st.markdown("The model learns from your masks. The first training takes a few minutes.")
    else:
        progress = run.progress()
        state = "" if progress.state == "finished" else f" {badge(progress)}"
        st.markdown(f"Newest run: **{plain(run.config.model_name)}**.{state}")
        st.caption(status_text(progress) if not progress.ended else _last_scores(run))
    st.space("stretch")
    if overview.active:
        frame.link("train", "Show progress", icon="show_chart", query={"run": overview.active.id})
    else:
        frame.link("train", "Train a model", icon="model_training")


def _segment(overview: Overview) -> None:
    models, trained = overview.models, overview.trained
    _title("3 · Segment images", False, overview.next == "segment")
    if trained:
        st.markdown(
            f"{count(len(models), 'model')} available. Newest: **{plain(trained[0].name)}**."
        )
    elif models:
        st.markdown(
            f"The model **{plain(models[0].name)}** comes with cellseg; you can use it without "
            "training."
        )
    else:
        st.markdown("A trained model finds and counts the cells in new images.")
    st.space("stretch")
    query = {"model": models[0].id} if models else None
    frame.link("segment", "Segment images", icon="background_replace", query=query)


def _title(title: str, done: bool, is_next: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}**", width="content")
        st.space("stretch")
        if is_next:
            st.badge("Next", color="blue")
        elif done:
            st.badge("Done", icon=":material/check:", color="green")


def _last_scores(run: Run) -> str:
    rows = run.metrics()
    if not rows:
        return "No epoch completed."
    last = rows[-1]
    return f"{count(last['epoch'], 'epoch')}, {last_iou(run, last)}"
