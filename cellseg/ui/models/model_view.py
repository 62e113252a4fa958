"""Models on the page: a line each, and the card of the one that is open."""

import math

import streamlit as st

from cellseg.models.store import Model, ModelStore
from cellseg.ui.shell import dialogs, frame, session
from cellseg.ui.shell.formatting import (
    count,
    moment,
    plain,
    score,
    size,
)

PIXELS = (
    ("IoU", "iou", "Overlap of found and true cell pixels; 1 is perfect."),
    ("Dice", "dice", "A kinder relative of IoU: twice the overlap over both areas."),
    ("Accuracy", "pixel_accuracy", "Pixels that are right, cells and background alike."),
    (
        "Accuracy to beat",
        "majority_accuracy",
        "What calling every pixel the commoner class would score.",
    ),
)
"""Scores of a model that tells cell from background: title, key, help."""

CELLS = (
    (
        "AP at IoU 0.5",
        "AP",
        "Found cells over found, missed and false ones together; a cell counts as found where it "
        "shares half of its union with a true one.",
    ),
    ("AP, mean of images", "AP_mean", "The same for each image by itself, averaged."),
    ("PQ", "PQ", "How many cells are found, times how well their outlines fit."),
    ("Dice", "dice", "Of cell pixels: twice the overlap over both areas; 1 is perfect."),
)
"""Scores of a model that tells cells apart."""


def line(model: Model, is_open: bool) -> None:
    """One model of the list, with a link to its card."""
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        frame.link(
            "models",
            plain(model.name),
            icon="visibility" if is_open else "deployed_code",
            query={"model": model.id},
        )
        if model.shipped:
            st.markdown(":blue-badge[comes with cellseg]", width="content")
        if model.facts.ended == "stopped":
            st.markdown(":gray-badge[stopped early]", width="content")
        st.space("stretch")
        said = [plain(model.facts.dataset_name)]
        if model.facts.scores:
            said.append(_headline(model))
        said += [size(model.bytes), moment(model.facts.created)]
        st.caption(" · ".join(said), width="content")


def card(store: ModelStore, model: Model) -> None:
    """Scores, what to do with the model, and its card."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(model.name), anchor=False, width="content")
        st.space("stretch")
        _actions(store, model)
    if model.facts.scores:
        scores_of(model)
        _image_by_image(model)
    with st.container(border=True):
        st.markdown(_body(model.card))


def scores_of(model: Model) -> None:
    """The scores on the test images, at the images' own size."""
    together = model.facts.scores["together"]["image_size"] if model.facts.scores else {}
    tiles = CELLS if model.separates_cells else PIXELS
    with st.grid(4, min_column_width=150):
        for title, key, help_text in tiles:
            value = together.get(key)
            shown = value["0.5"] if isinstance(value, dict) else value
            st.metric(title, score(shown), help=help_text, border=True)


def _image_by_image(model: Model) -> None:
    """The test images of a model that tells cells apart, the worst first."""
    images = model.facts.scores["per_image"] if model.facts.scores else []
    rows = [
        {
            "image": image["name"],
            "AP": found["AP"]["0.5"],
            "F1": found["F1"],
            "PQ": found["PQ"],
            "Dice": found["dice"],
            "count error": found["count_error"],
        }
        for image in images
        if "AP" in (found := image["image_size"])
    ]
    if not rows:  # scored before there were scores of cells
        return
    rows.sort(key=lambda row: math.inf if row["AP"] is None else row["AP"])
    with st.expander("Its test images, the worst first", icon=":material/format_list_numbered:"):
        st.dataframe(
            rows,
            hide_index=True,
            height=300,
            column_config={
                "AP": st.column_config.NumberColumn(help="At an IoU of 0.5.", format="%.3f"),
                "F1": st.column_config.NumberColumn(format="%.3f"),
                "PQ": st.column_config.NumberColumn(format="%.3f"),
                "Dice": st.column_config.NumberColumn(format="%.3f"),
                "count error": st.column_config.NumberColumn(
                    help="|found - true| / true.", format="percent"
                ),
            },
        )


def _actions(store: ModelStore, model: Model) -> None:
    frame.link("segment", "Segment with it", icon="background_replace", query={"model": model.id})
    st.download_button(
        "Download",
        lambda: store.pack(model),
        f"{model.id}.zip",
        "application/zip",
        key=f"model-download-{model.id}",
        on_click="ignore",
        icon=":material/download:",
    )
    if model.shipped:
        return
    dialogs.rename("model", model.name, lambda name: _renamed(store, model, name))
    if st.button("Delete", key="model-delete", icon=":material/delete:"):
        dialogs.confirm_delete(
            f"Delete the model {model.name}?",
            "The network and its card will be gone; the dataset and the training run stay.",
            lambda: _deleted(store, model),
            f"The model {model.name} was deleted.",
        )


def _renamed(store: ModelStore, model: Model, name: str) -> None:
    store.rename(model, name)


def _deleted(store: ModelStore, model: Model) -> None:
    store.delete(model)
    session.choose("model", None)


def _body(card_text: str) -> str:
    """The card below its first heading, which the page shows already; headings made small."""
    lines = card_text.splitlines()
    if lines and lines[0].startswith("# "):
        lines = lines[1:]
    return "\n".join(f"**{line[3:]}**" if line.startswith("## ") else line for line in lines)


def choice(models: list[Model], wished: str | None) -> Model:
    """A box to choose the model that segments."""
    ids = [model.id for model in models]
    chosen = st.selectbox(
        "Model",
        models,
        index=ids.index(wished) if wished in ids else 0,
        format_func=lambda model: model.name,
        key="segment-model",
        help="The network that marks the cells; the newest is the first.",
    )
    session.choose("model", chosen.id)
    facts = chosen.facts
    said = f"Learned from {count(len(facts.train), 'image')} of {plain(facts.dataset_name)}"
    if facts.scores:
        said += f"; {_headline(chosen)} on its test images"
    st.caption(f"{said}.")
    return chosen


def _headline(model: Model) -> str:
    """The one score that says most."""
    together = model.facts.scores["together"]["image_size"] if model.facts.scores else {}
    if model.separates_cells:
        return f"AP {score(together['AP']['0.5'])}"
    return f"IoU {score(together.get('iou'))}"
