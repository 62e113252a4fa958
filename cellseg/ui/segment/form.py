"""The options of a segmentation, batches in the background, and saving of results."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import streamlit as st

from cellseg.batches import jobs
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.batches.segmenting import SegmentationRequest
from cellseg.batches.store import BatchStore
from cellseg.config import PredictionOptions
from cellseg.models.store import Model
from cellseg.source import Source
from cellseg.ui.segment import inputs
from cellseg.ui.segment.inputs import InputSelection
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import count, plain
from cellseg.workspace import Workspace


def ask_options(model: Model) -> tuple[PredictionOptions, float | None]:
    """The options of a segmentation; none is required.

    Diameter and tile size are for models that know the diameter of their training cells.

    Returns
    -------
    The options of the prediction, and the pixel size in µm if it was entered.
    """
    with st.expander("Options", icon=":material/tune:"):
        pixel_size = st.number_input(
            "Pixel size, µm",
            min_value=0.0,
            value=None,
            step=0.01,
            format="%.4f",
            key="segment-pixel-size",
            persist_state="session",
            placeholder="from the file",
            help="Width of a pixel, for areas in µm² and the scale bar. If it is empty, the value "
            "in the file is used.",
            width=240,
        )
        with st.container():
            facts = model.facts.training_facts
            diameter = facts.typical_diameter if facts else None
            chosen = PredictionOptions() if diameter is None else _scale(diameter)
        return chosen, pixel_size or None


def _scale(typical: float) -> PredictionOptions:
    diameter = st.number_input(
        "Cell diameter, pixels",
        min_value=0.0,
        max_value=10_000.0,
        value=None,
        format="%.0f",
        key="segment-diameter",
        persist_state="session",
        placeholder=f"{typical:.0f}, as in training",
        help="Set it if the cells are much larger or smaller than the training cells; the image is "
        "scaled accordingly.",
        width=240,
    )
    tile = st.number_input(
        "Tile size, pixels",
        min_value=64,
        max_value=8192,
        value=None,
        key="segment-tile",
        persist_state="session",
        placeholder="automatic",
        help="Large images are segmented in overlapping tiles; smaller tiles need less memory.",
        width=240,
    )
    return PredictionOptions(diameter=diameter or None, tile=tile)


def background(
    workspace: Workspace,
    selection: InputSelection,
    model: Model,
    request: SegmentationRequest,
) -> None:
    """Name and start a batch; then open its results."""
    title = f"{selection.description[:1].upper()}{selection.description[1:]}"
    with st.container(border=True):
        st.markdown(
            f"**{title}** will be segmented in the background. The segmentation continues if you "
            "leave this page or close the browser."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                "Name of the results",
                key="segment-batch-name",
                placeholder="automatic",
                max_chars=60,
                width=320,
            )
            pressed = st.button(
                f"Segment {selection.description}",
                key="segment-batch",
                type="primary",
                icon=":material/play_arrow:",
            )
        if pressed:
            with frame.boundary(), st.spinner("Copying the images"):
                batch = jobs.start(
                    workspace,
                    selection.sources,
                    model,
                    request.options,
                    name,
                    request.pixel_size,
                    view=None if selection.dataset else request.view,
                )
                inputs.forget(workspace)
                _open(batch.id)


def preview_choice(files: list[Source]) -> list[Source]:
    """A box to choose one of many files for a preview, before all are segmented."""
    if not files:
        return []
    names = [file.name for file in files]
    chosen = st.selectbox(
        "Preview one image",
        names,
        index=None,
        key="segment-try",
        placeholder="Choose an image",
        width=420,
    )
    return [] if chosen is None else [files[names.index(chosen)]]


def save_button(
    workspace: Workspace,
    images: Sequence[SegmentedImage],
    model: Model,
    request: SegmentationRequest,
) -> None:
    """A button that opens a small form to save the segmented images as results."""
    with st.popover("Save results", icon=":material/save:"), st.form("save", border=False):
        name = st.text_input("Name of the results", title(images, model)[:60], max_chars=60)
        if st.form_submit_button("Save", type="primary"):
            batch = BatchStore(workspace).keep(
                images,
                name,
                model,
                options=request.options,
                pixel_size=request.pixel_size,
                view=request.view,
            )
            session.add_message(f"{count(len(images), 'image')} saved as {plain(batch.name)}.")
            _open(batch.id)


def title(images: Sequence[SegmentedImage], model: Model) -> str:
    """The default name of results: that of the only image, else that of the model."""
    return PurePosixPath(images[0].name).stem if len(images) == 1 else model.name


def _open(batch_id: str) -> None:
    session.choose("batch", batch_id)
    st.switch_page(frame.pages()["results"], query_params={"batch": batch_id})
