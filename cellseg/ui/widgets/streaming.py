"""An uploader that sends files in slices to the routes of `cellseg.server.routes`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st

from cellseg import receiving
from cellseg.errors import CellsegError
from cellseg.limits import Limits
from cellseg.receiving import PartialUpload
from cellseg.server.routes import DOWNLOAD, TOKEN_HEADER, UPLOAD
from cellseg.source import Source
from cellseg.ui.widgets.javascript import joined_script

_HERE = Path(__file__)


def uploader(
    folder: Path,
    key: str,
    label: str,
    *,
    help: str,
    directory: bool,
    limits: Limits,
    on_upload: Callable[[Any], None],
) -> None:
    """Show the uploader.

    Parameters
    ----------
    folder : the private folder of the tab.
    directory : whether the user chooses a folder instead of files.
    on_upload : called with the message of the browser about sent files, see `uploaded_files`.
    """
    data = {
        "label": label,
        "help": help,
        "directory": directory,
        "url": f"{base()}{UPLOAD}/{folder.name.removeprefix(receiving.TAB_PREFIX)}",
        "pass": receiving.access_token(folder),
        "header": TOKEN_HEADER,
        "slice": receiving.SLICE_BYTES,
        "limit": limits.upload_bytes,
    }
    _mount(data=data, key=key, on_done_change=lambda: on_upload(st.session_state[key].done))


def uploaded_files(folder: Path, message: Any) -> list[Source]:
    """The files that the browser has sent completely; its message is not trusted.

    Returns
    -------
    The files, with the names on the machine of the user.

    Raises
    ------
    CellsegError
        If a file is incomplete or the message is malformed.
    """
    found: list[Source] = []
    for entry in message if isinstance(message, list) else []:
        try:
            upload, name, size = str(entry["id"]), str(entry["name"]), int(entry["size"])
        except (KeyError, TypeError, ValueError):
            raise CellsegError("The browser sent an unknown message; reload the page.") from None
        part = PartialUpload(folder, upload) if size else receiving.empty_upload(folder, upload)
        display_name = name.replace("\\", "/").strip("/") or "file"
        found.append(Source(display_name, part.finish(name, size)))
    return found


def link(path: Path) -> str:
    """The address of a file in `downloads` of a tab's private folder."""
    tab = path.parents[1]
    return (
        f"{base()}{DOWNLOAD}/{tab.name.removeprefix(receiving.TAB_PREFIX)}"
        f"/{receiving.access_token(tab, path.name)}/{quote(path.name)}"
    )


def base() -> str:
    """The base path of the server, without a slash at its end."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def _asset(suffix: str) -> str:
    return _HERE.with_name(f"uploader.{suffix}").read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "cellseg_uploader",
    html=_asset("html"),
    css=_asset("css"),
    js=joined_script(_HERE.with_name("uploader.js")),
)
