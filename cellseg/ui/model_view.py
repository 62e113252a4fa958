"""Models on the page: a line each, and the card of the one that is open."""

import streamlit as st

from cellseg.models.store import Model, ModelStore
from cellseg.ui import dialogs, shell, state
from cellseg.ui.words import count, moment, plain, score, size


def line(model: Model, is_open: bool) -> None:
    """One model of the list, with a link to its card."""
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        shell.link(
            "models",
            plain(model.name),
            icon="visibility" if is_open else "deployed_code",
            query={"model": model.id},
        )
        if model.facts.ended == "stopped":
            st.markdown(":gray-badge[stopped early]", width="content")
        st.space("stretch")
        said = [plain(model.facts.dataset_name)]
        if model.facts.scores:
            together = model.facts.scores["together"]["image_size"]
            said.append(f"IoU {score(together['iou'])}")
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
    with st.container(border=True):
        st.markdown(_body(model.card))


def scores_of(model: Model) -> None:
    """The scores on the test images, at the images' own size."""
    together = model.facts.scores["together"]["image_size"] if model.facts.scores else {}
    tiles = [
        ("IoU", "iou", "Overlap of found and true cell pixels; 1 is perfect."),
        ("Dice", "dice", "A kinder relative of IoU: twice the overlap over both areas."),
        ("Accuracy", "pixel_accuracy", "Pixels that are right, cells and background alike."),
        (
            "Accuracy to beat",
            "majority_accuracy",
            "What calling every pixel the commoner class would score.",
        ),
    ]
    with st.grid(4, min_column_width=150):
        for title, key, help_text in tiles:
            st.metric(title, score(together.get(key)), help=help_text, border=True)


def _actions(store: ModelStore, model: Model) -> None:
    shell.link("segment", "Segment with it", icon="background_replace", query={"model": model.id})
    st.download_button(
        "Download",
        lambda: store.pack(model),
        f"{model.id}.zip",
        "application/zip",
        key=f"model-download-{model.id}",
        on_click="ignore",
        icon=":material/download:",
    )
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
    state.choose("model", None)


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
    state.choose("model", chosen.id)
    facts = chosen.facts
    said = f"Learned from {count(len(facts.train), 'image')} of {plain(facts.dataset_name)}"
    if facts.scores:
        iou = facts.scores["together"]["image_size"]["iou"]
        said += f"; IoU {score(iou)} on its test images"
    st.caption(f"{said}.")
    return chosen
