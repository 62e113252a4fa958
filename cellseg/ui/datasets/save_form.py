"""The form that saves imported pairs: name, new or existing dataset, kind of masks."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import streamlit as st

from cellseg import naming
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.masks import MaskKind
from cellseg.datasets.store import Dataset, DatasetStore
from cellseg.source import Source
from cellseg.ui.datasets import import_form
from cellseg.ui.shell import session
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets import uploads

MASK_KINDS: dict[MaskKind, str] = {
    "binary": "Binary: black and white",
    "labels": "Label images: a number for each cell",
    "grey": "Several grey values",
}
NEW = "New dataset"
_NAME = "dataset-name"
_TARGET = "dataset-into"
_KIND = "dataset-kind"
_FOREGROUND = "dataset-foreground"
_SUGGESTED = "dataset_name_suggested"


def form(datasets: Sequence[Dataset], images: Sequence[Source], proposal: Proposal | None) -> None:
    """Widgets for the name or the existing dataset, and for the kind of masks."""
    _suggest(images, [dataset.name for dataset in datasets])
    names = {NEW: NEW, **{dataset.id: f"Add to {dataset.name}" for dataset in datasets}}
    first, second, third = st.columns(3)
    with second:
        chosen = st.selectbox(
            "Save as",
            list(names),
            format_func=lambda key: names[key],
            key=_TARGET,
            help="If you add images to a dataset, its existing test images stay in the test set.",
        )
    with first:
        st.text_input(
            "Name",
            key=_NAME,
            max_chars=60,
            disabled=chosen != NEW,
            help="The pages list the dataset under this name.",
        )
    if proposal is not None:
        with third:
            _kind(proposal)
            if mask_kind(proposal)[0] == "grey":
                _foreground(proposal)


def save(store: DatasetStore, proposal: Proposal, files: Sequence[Source]) -> None:
    """Save the pairs as the form says; a second click changes nothing.

    The next click of the user may end this function at any call of Streamlit, so the files are
    deleted before the first one.

    Raises
    ------
    CellsegError
        If the name is taken or the masks do not have the chosen kind; the files are kept then.
    """
    target, name, kind = st.session_state[_TARGET], st.session_state[_NAME], mask_kind(proposal)
    if not proposal.folder.is_dir():
        return
    if target == NEW:
        saved = store.create(proposal, name, *kind)
    else:
        saved = store.add(store.get(target), proposal)
    proposal.discard()
    uploads.delete(files)
    forget_all()
    session.add_message(f"{saved.name} now has {count(len(saved.pairs), 'pair')}.")
    session.choose("dataset", saved.id)


def show_duplicate(store: DatasetStore, proposal: Proposal) -> None:
    """Show a message if a dataset with the same images and masks exists."""
    kind, values = mask_kind(proposal)
    duplicate = store.duplicate_of(proposal, kind, values or None)
    if duplicate is not None and st.session_state[_TARGET] == NEW:
        st.info(
            plain(f"The dataset {duplicate.name} already has the same images and masks."),
            icon=":material/content_copy:",
        )


def forget_all() -> None:
    """Delete the uploads; the next dataset gets a suggested name again."""
    import_form.forget_all()
    st.session_state[_SUGGESTED] = st.session_state.get(_NAME)


def mask_kind(proposal: Proposal) -> tuple[MaskKind, tuple[int, ...]]:
    """The kind of masks and the grey values of cells: as chosen in the form, else as detected."""
    kind = st.session_state.get(f"{_KIND}-{proposal.folder.name}", proposal.kind)
    values = st.session_state.get(f"{_FOREGROUND}-{proposal.folder.name}", ())
    return kind, tuple(values) if kind == "grey" else ()


def _suggest(images: Sequence[Source], taken: Sequence[str]) -> None:
    """Fill in a free name unless the user has typed another."""
    current = st.session_state.get(_NAME)
    if current not in (None, "", st.session_state.get(_SUGGESTED)):
        return
    name = naming.numbered(_common_name(images) or "My cells", taken)
    st.session_state[_NAME] = st.session_state[_SUGGESTED] = name


def _common_name(images: Sequence[Source]) -> str:
    """The name of the zip or folder that holds all files; empty if there is none."""
    name = ""
    if len(images) == 1 and images[0].name.lower().endswith(".zip"):
        name = PurePosixPath(images[0].name).stem
    elif images and all("/" in file.name for file in images):
        folders = {PurePosixPath(file.name).parts[0] for file in images}
        name = folders.pop() if len(folders) == 1 else ""
    usable = "".join(letter for letter in name if letter.isprintable() and letter != "\\")
    return usable[:50].strip()


def _kind(proposal: Proposal) -> None:
    st.selectbox(
        "Mask type",
        list(MASK_KINDS),
        index=list(MASK_KINDS).index(proposal.kind),
        format_func=lambda key: MASK_KINDS[key] + (" (detected)" if key == proposal.kind else ""),
        key=f"{_KIND}-{proposal.folder.name}",
        help="Detected from the values of all masks; change it if it is wrong.",
    )


def _foreground(proposal: Proposal) -> None:
    st.multiselect(
        "Grey values of cells",
        list(proposal.values),
        key=f"{_FOREGROUND}-{proposal.folder.name}",
        placeholder="Choose at least one",
        help="Pixels with these values are cells; all others are background.",
    )
