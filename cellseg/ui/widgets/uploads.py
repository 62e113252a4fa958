"""Uploads: an uploader whose files are stored in a private folder of the tab."""

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
    """Show an uploader; return the files that it has received so far.

    It is in a container with the given key. It accepts files of every kind, because the message of
    the import says more about a file that cannot be used than a refusal by the browser.
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
                on_upload=frame.callback(lambda message: _add_streamed(workspace, key, message)),
            )
        else:
            widget = _widget(key)
            st.file_uploader(
                label,
                key=widget,
                help=help,
                accept_multiple_files=many,
                on_change=frame.callback(_add_uploaded),
                args=(workspace, key, widget),
            )
    return received(key)


def received(key: str) -> list[Source]:
    """The files that the uploader of this key has received."""
    return [file for file in st.session_state.get(key, []) if file.path.is_file()]


def forget(*keys: str) -> None:
    """Delete the files of these uploaders."""
    for key in keys:
        if files := st.session_state.pop(key, []):
            delete(files)
            _renew(key)


def delete(files: Iterable[Source]) -> None:
    """Delete uploaded files.

    A file outside of the private folders of tabs belongs to the user and is kept.
    """
    for file in files:
        if file.path.parent.parent.name.startswith(receiving.TAB_PREFIX):
            shutil.rmtree(file.path.parent, ignore_errors=True)


def private_folder(workspace: Workspace) -> Path:
    """A folder for this browser tab; abandoned folders of other tabs are deleted."""
    known = st.session_state.get(_FOLDER)
    if known is None or not Path(known).is_dir() or Path(known).parent != workspace.inbox:
        known = str(receiving.new_tab_folder(workspace, Limits.of(workspace)))
        st.session_state[_FOLDER] = known
    return Path(known)


def _add_streamed(workspace: Workspace, key: str, message: Any) -> None:
    """Add files that were sent to the routes of the server."""
    with disk_errors(workspace.root):
        files = streaming.uploaded_files(private_folder(workspace), message)
    st.session_state[key] = [*st.session_state.get(key, []), *files]


def _add_uploaded(workspace: Workspace, key: str, widget: str) -> None:
    """Add the files of Streamlit's uploader.

    Streamlit calls this twice for the same files if the user clicks while the page still handles
    the first call; files that are known already are skipped.
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
    """Replace the uploader by an empty one."""
    st.session_state[f"{key}_turn"] = st.session_state.get(f"{key}_turn", 0) + 1


def _widget(key: str) -> str:
    """The key of the current uploader; another key is an empty one."""
    return f"{key}_{st.session_state.get(f'{key}_turn', 0)}"


def _copy(file: st.typing.UploadedFile, folder: Path) -> Path:
    """Write an upload into a new folder, under a safe form of its name."""
    path = receiving.new_file_path(folder, file.name)
    with path.open("wb") as target:
        shutil.copyfileobj(file, target, 1 << 20)
    return path


def _release(file: st.typing.UploadedFile) -> None:
    """Free the memory of an upload; Streamlit would keep it long after the tab is closed.

    The call is internal to Streamlit; without it the memory is freed later.
    """
    try:
        context = get_script_run_ctx()
        if context is not None:
            memory: Any = context.uploaded_file_mgr
            memory.remove_file(session_id=context.session_id, file_id=file.file_id)
    except Exception:
        pass
