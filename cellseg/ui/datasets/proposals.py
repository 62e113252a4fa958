"""Uploads on their way in: three uploaders, and what their files are when read and paired."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cellseg.datasets.intake import importing
from cellseg.datasets.intake.importing import NothingPaired
from cellseg.datasets.intake.proposal import Proposal
from cellseg.errors import CellsegError
from cellseg.images.example import ChoiceNeeded
from cellseg.images.selection import Choosable, choosable
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.source import Source
from cellseg.ui.datasets import doctor_view
from cellseg.ui.shell.formatting import plain
from cellseg.ui.widgets import server_folder, uploads, view_form
from cellseg.workspace import Workspace

KEYS = ("dataset-upload", "dataset-upload-masks", "dataset-upload-folder")
_DRAFT = "import_draft"
_VIEW = "import_view_choice"
_PAIRING = "import_pairing"


def uploaders(workspace: Workspace) -> tuple[list[Source], list[Source]]:
    """The three ways in; returns images (or everything together) and masks that lie apart."""
    first, second, third = st.columns(3, gap="medium")
    with first:
        together = uploads.uploader(
            workspace,
            KEYS[0],
            "Images and masks, or one zip",
            help="Many files at once; which mask belongs to which image is seen from the names.",
        )
    with second:
        masks = uploads.uploader(
            workspace,
            KEYS[1],
            "Masks, if separate",
            help="For masks that have the very names of their images.",
        )
    with third:
        folder = uploads.uploader(
            workspace,
            KEYS[2],
            "A whole folder",
            help="With all folders in it, for example images and masks, or train and test.",
            many="directory",
        )
    return [*together, *folder], masks


def from_server(workspace: Workspace) -> list[Source]:
    """The files of a folder of the server, where the operator opened one."""
    server_folder.choose(Limits.of(workspace))
    return server_folder.received()


def proposal(
    workspace: Workspace, images: Sequence[Source], masks: Sequence[Source]
) -> Proposal | None:
    """What the files are when read and paired; read again only when files came or went.

    Raises
    ------
    CellsegError
        Where nothing of them can be a dataset.
    """
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    files = tuple(str(file.path) for file in (*images, *masks))
    asked = (files, chosen_view(), st.session_state.get(_PAIRING))
    draft = st.session_state.get(_DRAFT)
    if draft is not None and draft["asked"] == asked:
        found: Proposal | CellsegError | None = draft["found"]
    else:
        _forget_proposal()
        found = _inspected(slot, workspace, images, masks) if files else None
        st.session_state[_DRAFT] = {"asked": asked, "found": found}
    if isinstance(found, CellsegError):
        raise CellsegError(str(found))
    return found


def chosen_view() -> View:
    """What is taken of each image; nothing special until the user chooses."""
    view = st.session_state.get(_VIEW)
    return view if isinstance(view, View) else View()


def ask_view(workspace: Workspace) -> None:
    """Let the user choose what is taken of stacks and channels, where there is something."""
    found = (st.session_state.get(_DRAFT) or {}).get("found")
    example = found.example if isinstance(found, Proposal | ChoiceNeeded) else None
    if example is None:
        return
    current = found.view if isinstance(found, Proposal) else chosen_view()
    if choosable(example.facts) is Choosable.COLOURS:  # rarely of use
        wanted = view_form.in_expander(workspace, example, current)
    else:
        with st.container(border=True):
            wanted = view_form.choice(workspace, example, current)
    if wanted is not None:
        st.session_state[_VIEW] = wanted
        st.rerun()


def ask_pairing() -> None:
    """Let the user say which mask belongs to which image, where files were brought."""
    found = (st.session_state.get(_DRAFT) or {}).get("found")
    recognised = found.recognised if isinstance(found, Proposal | NothingPaired) else None
    if recognised is None or not recognised.images or not recognised.masks:
        return
    alone = recognised.images_without_mask or recognised.masks_without_image
    lead = "Some files have no partner: pair them by hand" if alone else "Pair files by hand"
    turn = st.session_state.get(f"{_PAIRING}_turn", 0)
    edited = doctor_view.pairing_begun(f"pairing-{turn}")
    opened = edited or isinstance(found, NothingPaired)
    with st.expander(lead, icon=":material/link:", expanded=opened):
        chosen = doctor_view.pairing_table(recognised, f"pairing-{turn}")
    if chosen is not None:
        st.session_state[_PAIRING] = tuple(chosen)
        st.session_state[f"{_PAIRING}_turn"] = turn + 1
        st.rerun()


def forget_all() -> None:
    """Delete what was read and what was uploaded."""
    _forget_proposal()
    st.session_state.pop(_VIEW, None)
    st.session_state.pop(_PAIRING, None)
    uploads.forget(*KEYS)
    server_folder.forget()


def _forget_proposal() -> None:
    """Delete what was read, not what was uploaded."""
    draft = st.session_state.pop(_DRAFT, None)
    if draft is not None and isinstance(draft["found"], Proposal):
        draft["found"].discard()


def _inspected(
    slot: DeltaGenerator,
    workspace: Workspace,
    images: Sequence[Source],
    masks: Sequence[Source],
) -> Proposal | CellsegError:
    bar = slot.progress(0.0, "Reading the files")

    def progress(done: int, of: int, name: str) -> None:
        bar.progress(done / max(1, of), plain(f"Reading {name}, {done} of {of}"))

    try:
        return importing.inspect(
            workspace,
            images,
            masks,
            view=chosen_view(),
            pairing=st.session_state.get(_PAIRING),
            examples=uploads.private_folder(workspace),
            progress=progress,
        )
    except CellsegError as error:
        return error
    finally:
        slot.empty()
