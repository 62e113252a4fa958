"""Models: the list, the card of the open one, and the box to choose one."""

import math

import streamlit as st

from cellseg.models.store import Model, ModelStore
from cellseg.recipes.wording import ACCURACY, DICE, IOU, MAJORITY
from cellseg.ui.shell import dialogs, frame, session
from cellseg.ui.shell.formatting import (
    count,
    moment,
    plain,
    score,
    size,
)

PIXELS = (
    ("IoU", "iou", IOU),
    ("Dice", "dice", DICE),
    ("Accuracy", "pixel_accuracy", ACCURACY),
    ("Majority-class accuracy", "majority_accuracy", MAJORITY),
)
"""Scores of a model that classifies pixels: title, key, help."""

CELLS = (
    (
        "AP at IoU 0.5",
        "AP",
        "Average precision: TP / (TP + FN + FP) of the cells of all images; a predicted cell is a "
        "true positive if its IoU with a true cell is at least 0.5.",
    ),
    ("AP, mean over images", "AP_mean", "The mean of the AP of each image."),
    ("PQ", "PQ", "Panoptic quality: F1 score of the cells times the mean IoU of the matched ones."),
    ("Dice", "dice", f"Of cell pixels: {DICE}"),
)
"""Scores of a model that separates cells: title, key, help."""


def line(model: Model, is_open: bool) -> None:
    """A line of the list, which links to the card of the model."""
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        frame.link(
            "models",
            plain(model.name),
            icon="visibility" if is_open else "deployed_code",
            query={"model": model.id},
        )
        if model.shipped:
            st.markdown(":blue-badge[Included]", width="content")
        if model.facts.ended == "stopped":
            st.markdown(":gray-badge[Stopped]", width="content")
        st.space("stretch")
        facts = [plain(model.facts.dataset_name)]
        if model.facts.scores:
            facts.append(_headline(model))
        facts += [size(model.bytes), moment(model.facts.created)]
        st.caption(" · ".join(facts), width="content")


def card(store: ModelStore, model: Model) -> None:
    """The open model: actions, scores and card."""
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
    """The scores on the test images at their original size."""
    together = model.facts.scores["together"]["image_size"] if model.facts.scores else {}
    metrics = CELLS if model.separates_cells else PIXELS
    with st.grid(4, min_column_width=150):
        for title, key, help_text in metrics:
            value = together.get(key)
            shown = value["0.5"] if isinstance(value, dict) else value
            st.metric(title, score(shown), help=help_text, border=True)


def _image_by_image(model: Model) -> None:
    """The scores of each test image of a model that separates cells, worst first."""
    images = model.facts.scores["per_image"] if model.facts.scores else []
    rows = [
        {
            "Image": image["name"],
            "AP": scores["AP"]["0.5"],
            "F1": scores["F1"],
            "PQ": scores["PQ"],
            "Dice": scores["dice"],
            "Count error": scores["count_error"],
        }
        for image in images
        if "AP" in (scores := image["image_size"])
    ]
    if not rows:  # a model of an early version has no scores of cells
        return
    rows.sort(key=lambda row: math.inf if row["AP"] is None else row["AP"])
    with st.expander("Test images, worst first", icon=":material/format_list_numbered:"):
        st.dataframe(
            rows,
            hide_index=True,
            height=300,
            column_config={
                "AP": st.column_config.NumberColumn(
                    help="At an IoU threshold of 0.5.", format="%.3f"
                ),
                "F1": st.column_config.NumberColumn(format="%.3f"),
                "PQ": st.column_config.NumberColumn(format="%.3f"),
                "Dice": st.column_config.NumberColumn(format="%.3f"),
                "Count error": st.column_config.NumberColumn(
                    help="|predicted - true| / true cells.", format="percent"
                ),
            },
        )


def _actions(store: ModelStore, model: Model) -> None:
    frame.link("segment", "Segment images", icon="background_replace", query={"model": model.id})
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
            "This deletes its weights and model card. The dataset and the training run are kept.",
            lambda: _deleted(store, model),
            f"The model {model.name} was deleted.",
        )


def _renamed(store: ModelStore, model: Model, name: str) -> None:
    store.rename(model, name)


def _deleted(store: ModelStore, model: Model) -> None:
    store.delete(model)
    session.choose("model", None)


def _body(card_text: str) -> str:
    """The card without its title, which the page shows already, and with smaller headings."""
    lines = card_text.splitlines()
    if lines and lines[0].startswith("# "):
        lines = lines[1:]
    return "\n".join(f"**{line[3:]}**" if line.startswith("## ") else line for line in lines)


def choice(models: list[Model], initial: str | None) -> Model | None:
    """A box to choose the model that segments.

    Parameters
    ----------
    initial : id of the model that the address, a link or an earlier choice names; where there is
        none of this id any more the page says so, and no other one takes its place.

    Returns
    -------
    None until one is chosen.
    """
    ids = [model.id for model in models]
    missing = initial is not None and initial not in ids
    chosen = st.selectbox(
        "Model",
        models,
        index=None if missing else ids.index(initial) if initial in ids else 0,
        format_func=lambda model: model.name,
        key=f"segment-model-{initial}" if missing else "segment-model",
        placeholder="Choose a model",
        help="The model that finds the cells; the newest is first.",
    )
    if chosen is None:
        frame.show_error(
            f"There is no model {initial} in this workspace; it may have been deleted. Choose "
            "another one."
        )
        return None
    session.choose("model", chosen.id)
    facts = chosen.facts
    text = f"Trained on {count(len(facts.train), 'image')} of {plain(facts.dataset_name)}"
    if facts.scores:
        text += f"; test {_headline(chosen)}"
    st.caption(f"{text}.")
    return chosen


def _headline(model: Model) -> str:
    """The most important score, such as `AP 0.812`."""
    together = model.facts.scores["together"]["image_size"] if model.facts.scores else {}
    if model.separates_cells and "AP" in together:
        return f"AP {score(together['AP']['0.5'])}"
    return f"IoU {score(together.get('iou'))}"
