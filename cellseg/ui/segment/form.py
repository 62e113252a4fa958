"""How images are segmented: the options, trying one, in the background, keeping the results."""

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


def options(model: Model) -> tuple[PredictionOptions, float | None]:
    """The options of a segmentation; none is required.

    Diameter and tiles are for models that know the diameter of their training cells.

    Returns
    -------
    The options of the prediction, and the side of a pixel in µm where it was entered.
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
            help="Side of one pixel in micrometres, for areas in µm² and a scale bar. Leave it "
            "empty where the file knows it.",
            width=240,
        )
        with st.container():
            facts = model.facts.training_facts
            diameter = facts.typical_diameter if facts else None
            chosen = PredictionOptions() if diameter is None else _scale(diameter)
        return chosen, pixel_size or None


def _scale(typical: float) -> PredictionOptions:
    diameter = st.number_input(
        "Diameter of the cells, pixels",
        min_value=0.0,
        max_value=10_000.0,
        value=None,
        format="%.0f",
        key="segment-diameter",
        persist_state="session",
        placeholder=f"about {typical:.0f}, as in the training",
        help="Say it where the cells are much larger or smaller than those that the model learned "
        "from; the image is then scaled to it.",
        width=240,
    )
    tile = st.number_input(
        "Tile, pixels",
        min_value=64,
        max_value=8192,
        value=None,
        key="segment-tile",
        persist_state="session",
        placeholder="as the image needs",
        help="Large images are cut into overlapping tiles; smaller ones need less memory.",
        width=240,
    )
    return PredictionOptions(diameter=diameter or None, tile=tile)


def background(
    workspace: Workspace,
    selection: InputSelection,
    model: Model,
    request: SegmentationRequest,
) -> None:
    """Name the batch and start it; its results are a page of their own."""
    title = f"{selection.description[:1].upper()}{selection.description[1:]}"
    with st.container(border=True):
        st.markdown(
            f"**{title}** to segment. It continues if you leave this page or close the browser. "
            "The first results open while the rest runs."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                "Name of the results",
                key="segment-batch-name",
                placeholder="after the images",
                max_chars=60,
                width=320,
            )
            pressed = st.button(
                f"Segment {selection.description} in the background",
                key="segment-batch",
                type="primary",
                icon=":material/play_arrow:",
            )
        if pressed:
            with frame.boundary(), st.spinner("Taking in the images"):
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


def one_of(files: list[Source]) -> list[Source]:
    """One of many files to try the model on, before all are segmented."""
    if not files:
        return []
    names = [file.name for file in files]
    tried = st.selectbox(
        "Try one image first",
        names,
        index=None,
        key="segment-try",
        placeholder="Choose an image",
        width=420,
    )
    return [] if tried is None else [files[names.index(tried)]]


def keep(
    workspace: Workspace,
    images: Sequence[SegmentedImage],
    model: Model,
    request: SegmentationRequest,
) -> None:
    """A small form beneath a button: keep what the page shows as results with their own page."""
    with st.popover("Keep these results", icon=":material/save:"), st.form("keep", border=False):
        name = st.text_input("Name of the results", title(images, model)[:60], max_chars=60)
        if st.form_submit_button("Keep", type="primary"):
            batch = BatchStore(workspace).keep(
                images,
                name,
                model,
                options=request.options,
                pixel_size=request.pixel_size,
                view=request.view,
            )
            session.add_message(f"{count(len(images), 'image')} kept as {plain(batch.name)}.")
            _open(batch.id)


def title(images: Sequence[SegmentedImage], model: Model) -> str:
    """What results are called where nobody named them: after their image, or after the model."""
    return PurePosixPath(images[0].name).stem if len(images) == 1 else model.name


def _open(batch_id: str) -> None:
    session.choose("batch", batch_id)
    st.switch_page(frame.pages()["results"], query_params={"batch": batch_id})
