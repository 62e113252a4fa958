"""Files on their way from the browser: into a private folder of the inbox, out of memory."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cellseg import receiving
from cellseg.limits import Limits
from cellseg.server import routes
from cellseg.source import Source
from cellseg.ui.shell import frame
from cellseg.ui.widgets import streaming
from cellseg.workspace import Workspace, disk_errors

_FOLDER = "upload_folder"


def uploader(
    workspace: Workspace,
    key: str,
    label: str,
    *,
    help: str,
    many: bool | Literal["directory"] = True,
) -> list[Source]:
    """An uploader that empties itself into the inbox, and the files it has received so far.

    It lies in a container of the given key. Every kind of file may come: what cannot be used is
    named by the importer in a sentence, which says more than a refusal of the browser.
    """
    with st.container(key=key):
        if routes.available():
            streaming.uploader(
                private_folder(workspace),
                f"{_widget(key)}_stream",
                label,
                help=help,
                directory=many == "directory",
                limits=Limits.of(workspace),
                take=frame.callback(lambda message: _keep(workspace, key, message)),
            )
        else:
            widget = _widget(key)
            st.file_uploader(
                label,
                key=widget,
                help=help,
                accept_multiple_files=many,
                on_change=frame.callback(_receive),
                args=(workspace, key, widget),
            )
    return received(key)


def received(key: str) -> list[Source]:
    """The files that came through the uploader of this key."""
    return [file for file in st.session_state.get(key, []) if file.path.is_file()]


def forget(*keys: str) -> None:
    """Delete what came through these uploaders."""
    for key in keys:
        if files := st.session_state.pop(key, []):
            delete(files)
            _renew(key)


def delete(files: Iterable[Source]) -> None:
    """Delete files that were uploaded; their uploaders know them no more.

    A file that lies anywhere but in a tab's folder of the inbox is the user's own and stays.
    """
    for file in files:
        if file.path.parent.parent.name.startswith(receiving.TAB_PREFIX):
            shutil.rmtree(file.path.parent, ignore_errors=True)


def private_folder(workspace: Workspace) -> Path:
    """A folder of the inbox for this browser tab alone; abandoned ones of others are removed."""
    known = st.session_state.get(_FOLDER)
    if known is None or not Path(known).is_dir() or Path(known).parent != workspace.inbox:
        known = str(receiving.new_tab_folder(workspace, Limits.of(workspace)))
        st.session_state[_FOLDER] = known
    return Path(known)


def _keep(workspace: Workspace, key: str, message: Any) -> None:
    """Take over the files that came through the routes of the server."""
    with disk_errors(workspace.root):
        found = streaming.arrived(private_folder(workspace), message)
    st.session_state[key] = [*st.session_state.get(key, []), *found]


def _receive(workspace: Workspace, key: str, widget: str) -> None:
    """Take in what an uploader brings.

    Streamlit calls this a second time for the same files where the user clicks while the page
    still answers to the first; they are known by then and passed over.
    """
    uploaded = st.session_state[widget] or []
    known: set[str] = st.session_state.setdefault(f"{key}_known", set())
    files = uploaded if isinstance(uploaded, list) else [uploaded]
    new = [file for file in files if file.file_id not in known]
    kept = list(st.session_state.get(key, []))
    try:
        folder = private_folder(workspace)
        with disk_errors(workspace.root):
            for file in new:
                known.add(file.file_id)
                kept.append(Source(file.name, _copy(file, folder)))
                _release(file)
    finally:
        st.session_state[key] = kept
        if widget == _widget(key):
            _renew(key)


def _renew(key: str) -> None:
    """Put an empty uploader on the page in place of one that has done its work."""
    st.session_state[f"{key}_turn"] = st.session_state.get(f"{key}_turn", 0) + 1


def _widget(key: str) -> str:
    """The key of the uploader that is on the page now; a new one is empty."""
    return f"{key}_{st.session_state.get(f'{key}_turn', 0)}"


def _copy(file: st.typing.UploadedFile, folder: Path) -> Path:
    """Write an upload into a folder of its own, under a tamed form of the user's name."""
    path = receiving.new_file_path(folder, file.name)
    with path.open("wb") as target:
        shutil.copyfileobj(file, target, 1 << 20)
    return path


def _release(file: st.typing.UploadedFile) -> None:
    """Free the server's memory of an upload; Streamlit keeps it until the tab is long gone.

    The call is internal to Streamlit; without it the memory is freed later.
    """
    try:
        context = get_script_run_ctx()
        if context is not None:
            memory: Any = context.uploaded_file_mgr
            memory.remove_file(session_id=context.session_id, file_id=file.file_id)
    except Exception:
        pass
