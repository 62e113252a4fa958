"""The import: uploaders, the choice of channels, and the pairs proposed for saving."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cellseg.datasets.intake import importing
from cellseg.datasets.intake.importing import NoPairs
from cellseg.datasets.intake.proposal import Proposal
from cellseg.errors import CellsegError
from cellseg.images.example import ChoiceNeeded
from cellseg.images.selection import Choosable, choosable
from cellseg.images.view import View
from cellseg.limits import Limits
from cellseg.source import Source
from cellseg.ui.datasets import pairing_form
from cellseg.ui.shell.formatting import plain
from cellseg.ui.widgets import server_folder, uploads, view_form
from cellseg.workspace import Workspace

KEYS = ("dataset-upload", "dataset-upload-masks", "dataset-upload-folder")
_DRAFT = "import_draft"
_VIEW = "import_view_choice"
_PAIRING = "import_pairing"


def uploaders(workspace: Workspace) -> tuple[list[Source], list[Source]]:
    """Three uploaders.

    Returns
    -------
    Images, or images and masks together; and masks that were added separately.
    """
    first, second, third = st.columns(3, gap="medium")
    with first:
        together = uploads.uploader(
            workspace,
            KEYS[0],
            "Images and masks, or one zip",
            help="Add all files at once; images and masks are paired by their names.",
        )
    with second:
        masks = uploads.uploader(
            workspace,
            KEYS[1],
            "Masks (if added separately)",
            help="Use this if each mask has the same file name as its image.",
        )
    with third:
        folder = uploads.uploader(
            workspace,
            KEYS[2],
            "Folder",
            help="Includes subfolders, for example images and masks, or train and test.",
            many="directory",
        )
    return [*together, *folder], masks


def from_server(workspace: Workspace) -> list[Source]:
    """The files of a folder on the server, if the operator has allowed one."""
    server_folder.choose(Limits.of(workspace))
    return server_folder.received()


def proposal(
    workspace: Workspace, images: Sequence[Source], masks: Sequence[Source]
) -> Proposal | None:
    """The pairs of the files; these are read again only if they or a choice changed.

    Raises
    ------
    CellsegError
        If the files have no pair that can be used.
    """
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    files = tuple(str(file.path) for file in (*images, *masks))
    request = (files, chosen_view(), st.session_state.get(_PAIRING))
    draft = st.session_state.get(_DRAFT)
    if draft is not None and draft["request"] == request:
        found: Proposal | CellsegError | None = draft["found"]
    else:
        _forget_proposal()
        found = _inspected(slot, workspace, images, masks) if files else None
        st.session_state[_DRAFT] = {"request": request, "found": found}
    if isinstance(found, CellsegError):
        raise CellsegError(str(found))
    return found


def chosen_view() -> View:
    """The channels and planes to use of each image; the default until the user chooses."""
    view = st.session_state.get(_VIEW)
    return view if isinstance(view, View) else View()


def ask_view(workspace: Workspace) -> None:
    """Let the user choose channels and planes, if the files have several."""
    found = (st.session_state.get(_DRAFT) or {}).get("found")
    example = found.example if isinstance(found, Proposal | ChoiceNeeded) else None
    if example is None:
        return
    current = found.view if isinstance(found, Proposal) else chosen_view()
    if choosable(example.facts) is Choosable.COLOURS:  # rarely needed
        chosen = view_form.in_expander(workspace, example, current)
    else:
        with st.container(border=True):
            chosen = view_form.choice(workspace, example, current)
    if chosen is not None:
        st.session_state[_VIEW] = chosen
        st.rerun()


def ask_pairing() -> None:
    """Let the user pair images and masks manually."""
    found = (st.session_state.get(_DRAFT) or {}).get("found")
    recognised = found.recognised if isinstance(found, Proposal | NoPairs) else None
    if recognised is None or not recognised.images or not recognised.masks:
        return
    unpaired = recognised.images_without_mask or recognised.masks_without_image
    title = "Some files are unpaired: pair them manually" if unpaired else "Pair files manually"
    turn = st.session_state.get(f"{_PAIRING}_turn", 0)
    edited = pairing_form.edited(f"pairing-{turn}")
    opened = edited or isinstance(found, NoPairs)
    with st.expander(title, icon=":material/link:", expanded=opened):
        chosen = pairing_form.table(recognised, f"pairing-{turn}")
    if chosen is not None:
        st.session_state[_PAIRING] = tuple(chosen)
        st.session_state[f"{_PAIRING}_turn"] = turn + 1
        st.rerun()


def forget_all() -> None:
    """Delete the proposal, the uploads and all choices."""
    _forget_proposal()
    st.session_state.pop(_VIEW, None)
    st.session_state.pop(_PAIRING, None)
    uploads.forget(*KEYS)
    server_folder.forget()


def _forget_proposal() -> None:
    """Delete the proposal; the uploads are kept."""
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

    def progress(done: int, total: int, name: str) -> None:
        bar.progress(done / max(1, total), plain(f"Reading {name}, {done} of {total}"))

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
