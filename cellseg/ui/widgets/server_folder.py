"""Files from a folder on the server, if the operator has allowed one."""

from typing import Literal

import streamlit as st

from cellseg.datasets.intake import server_folders
from cellseg.errors import CellsegError
from cellseg.limits import Limits
from cellseg.source import Source
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import count, plain

_CHOSEN = "server_folder"
_ERROR = "server_folder_error"
_WIDGET = "dataset-server-path"


def received() -> list[Source]:
    """The files of the chosen folder; they are read in place."""
    return [file for file in st.session_state.get(_CHOSEN, []) if file.path.is_file()]


def forget() -> None:
    """Forget the chosen folder; nothing is deleted."""
    st.session_state.pop(_CHOSEN, None)


def box(
    limits: Limits, key: str, help: str, width: Literal["stretch"] | int = "stretch"
) -> str | None:
    """A box to choose an allowed folder or to type its path."""
    return st.selectbox(
        "Folder on the server",
        [str(path) for path in server_folders.offered_folders(limits)],
        index=None,
        accept_new_options=True,
        placeholder="Choose or type a folder",
        help=help,
        key=key,
        width=width,
    )


@frame.with_boundary
def choose(limits: Limits) -> None:
    """The box of folders, and the button that reads one."""
    if not limits.import_roots:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="dataset-server-folder"):
        help = "For images that are already on the server; they need no upload."
        folder = box(limits, _WIDGET, help, 480)
        st.button(
            "Read folder",
            disabled=not folder,
            icon=":material/folder_open:",
            on_click=_read,
            args=(limits,),
        )
    if sentence := st.session_state.pop(_ERROR, None):
        raise CellsegError(sentence)
    if files := received():
        st.caption(plain(f"{count(len(files), 'file')} from {files[0].name.split('/')[0]}."))


def _read(limits: Limits) -> None:
    try:
        found = server_folders.files_below(st.session_state[_WIDGET], limits)
    except CellsegError as error:
        st.session_state[_ERROR] = str(error)
        return
    st.session_state[_CHOSEN] = found
