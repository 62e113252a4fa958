"""Uploads on their way in: three uploaders, and what their files are when read and paired."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cellseg.datasets import importing
from cellseg.datasets.proposal import Proposal
from cellseg.errors import CellsegError
from cellseg.ui import uploads
from cellseg.ui.uploads import Received
from cellseg.ui.words import plain
from cellseg.workspace import Workspace

KEYS = ("dataset-upload", "dataset-upload-masks", "dataset-upload-folder")
_DRAFT = "import_draft"


def uploaders(workspace: Workspace) -> tuple[list[Received], list[Received]]:
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


def proposal(
    workspace: Workspace, images: Sequence[Received], masks: Sequence[Received]
) -> Proposal | None:
    """What the files are when read and paired; read again only when files came or went.

    Raises
    ------
    CellsegError
        Where nothing of them can be a dataset.
    """
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    files = tuple(str(file.path) for file in (*images, *masks))
    draft = st.session_state.get(_DRAFT)
    if draft is not None and draft["files"] == files:
        found: Proposal | CellsegError | None = draft["found"]
    else:
        _forget_proposal()
        found = _inspected(slot, workspace, images, masks) if files else None
        st.session_state[_DRAFT] = {"files": files, "found": found}
    if isinstance(found, CellsegError):
        raise CellsegError(str(found))
    return found


def forget_all() -> None:
    """Delete what was read and what was uploaded."""
    _forget_proposal()
    uploads.forget(*KEYS)


def _forget_proposal() -> None:
    """Delete what was read, not what was uploaded."""
    draft = st.session_state.pop(_DRAFT, None)
    if draft is not None and isinstance(draft["found"], Proposal):
        draft["found"].discard()


def _inspected(
    slot: DeltaGenerator,
    workspace: Workspace,
    images: Sequence[Received],
    masks: Sequence[Received],
) -> Proposal | CellsegError:
    bar = slot.progress(0.0, "Reading the files")

    def progress(done: int, of: int, name: str) -> None:
        bar.progress(done / max(1, of), plain(f"Reading {name}, {done} of {of}"))

    try:
        return importing.inspect(workspace, _brought(images), _brought(masks), progress=progress)
    except CellsegError as error:
        return error
    finally:
        slot.empty()


def _brought(files: Sequence[Received]) -> list[importing.Upload]:
    return [importing.Upload(file.name, file.path) for file in files]
