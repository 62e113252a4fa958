"""The way to keep pairs: under which name, with which meaning of the masks, new or added."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import streamlit as st

from cellseg import naming
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.masks import MaskKind
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.source import Source
from cellseg.ui.datasets import proposals
from cellseg.ui.shell import session
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets import uploads

KINDS: dict[MaskKind, str] = {
    "binary": "Black and white",
    "labels": "A number for each cell",
    "grey": "Grey values",
}
NEW = "A new dataset"
_NAME = "dataset-name"
_INTO = "dataset-into"
_KIND = "dataset-kind"
_FOREGROUND = "dataset-foreground"
_SUGGESTED = "dataset_name_suggested"


def form(datasets: Sequence[Dataset], images: Sequence[Source], found: Proposal | None) -> None:
    """Under which name the pairs are saved or where they are added, and what their masks mean."""
    _suggest(images, [dataset.name for dataset in datasets])
    names = {NEW: NEW, **{dataset.id: f"Add to {dataset.name}" for dataset in datasets}}
    first, second, third = st.columns(3)
    with second:
        chosen = st.selectbox(
            "Save as",
            list(names),
            format_func=lambda key: names[key],
            key=_INTO,
            help="New images of a dataset never move its test images to the training images.",
        )
    with first:
        st.text_input(
            "Name",
            key=_NAME,
            max_chars=60,
            disabled=chosen != NEW,
            help="Under this name you find the dataset again.",
        )
    if found is not None:
        with third:
            _kind(found)
            if meaning(found)[0] == "grey":
                _foreground(found)


def save(store: DatasetStore, found: Proposal, files: Sequence[Source]) -> None:
    """Keep the pairs as the form says; a second click changes nothing.

    The user's next click ends this wherever it uses Streamlit, so the files go before that.

    Raises
    ------
    CellsegError
        Where the name is taken or the masks cannot be read so; nothing is lost then.
    """
    into, name, meant = st.session_state[_INTO], st.session_state[_NAME], meaning(found)
    if not found.folder.is_dir():
        return
    if into == NEW:
        kept = store.create(found, name, *meant)
    else:
        kept = store.add(store.get(into), found)
    found.discard()
    uploads.delete(files)
    forget_all()
    session.note(f"{kept.name} has {count(len(kept.pairs), 'pair')} now.")
    session.choose("dataset", kept.id)


def say_twin(store: DatasetStore, found: Proposal) -> None:
    """Say where a dataset has the very same images and masks already."""
    kind, values = meaning(found)
    twin = store.twin(found, kind, values or None)
    if twin is not None and st.session_state[_INTO] == NEW:
        st.info(
            plain(f"The dataset {twin.name} has the same images and masks already."),
            icon=":material/content_copy:",
        )


def forget_all() -> None:
    """Delete what was brought; the next one gets a suggestion for its name again."""
    proposals.forget_all()
    st.session_state[_SUGGESTED] = st.session_state.get(_NAME)


def meaning(found: Proposal) -> tuple[MaskKind, tuple[int, ...]]:
    """The kind of masks and the values that are cell: what the form says, else as found."""
    kind = st.session_state.get(f"{_KIND}-{found.folder.name}", found.kind)
    values = st.session_state.get(f"{_FOREGROUND}-{found.folder.name}", ())
    return kind, tuple(values) if kind == "grey" else ()


def _suggest(images: Sequence[Source], taken: Sequence[str]) -> None:
    """Fill in a free name, as long as the user has not typed another."""
    current = st.session_state.get(_NAME)
    if current not in (None, "", st.session_state.get(_SUGGESTED)):
        return
    name = naming.numbered(_common_name(images) or "My cells", taken)
    st.session_state[_NAME] = st.session_state[_SUGGESTED] = name


def _common_name(images: Sequence[Source]) -> str:
    """The name of the one zip or of the one folder that everything came in, else nothing."""
    name = ""
    if len(images) == 1 and images[0].name.lower().endswith(".zip"):
        name = PurePosixPath(images[0].name).stem
    elif images and all("/" in file.name for file in images):
        tops = {PurePosixPath(file.name).parts[0] for file in images}
        name = tops.pop() if len(tops) == 1 else ""
    fit = "".join(letter for letter in name if letter.isprintable() and letter != "\\")
    return fit[:50].strip()


def _kind(found: Proposal) -> None:
    st.selectbox(
        "Kind of masks",
        list(KINDS),
        index=list(KINDS).index(found.kind),
        format_func=lambda key: KINDS[key] + (", as found" if key == found.kind else ""),
        key=f"{_KIND}-{found.folder.name}",
        help="Seen from the values of all masks together; change it where that is wrong.",
    )


def _foreground(found: Proposal) -> None:
    st.multiselect(
        "Which grey values are cells?",
        list(found.values),
        key=f"{_FOREGROUND}-{found.folder.name}",
        placeholder="Choose at least one",
        help="All pixels of these values count as cell, all others as background.",
    )
