"""The frame around every page: navigation, title, and the last boundary for errors."""

import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec

import streamlit as st

import cellseg
from cellseg.errors import CellsegError
from cellseg.ui.shell import session
from cellseg.ui.shell.formatting import listed, plain
from cellseg.workspace import Workspace

log = logging.getLogger(__name__)

ICON = Path(__file__).with_name("icon.png")
PAGE_FOLDER = Path(cellseg.__file__).parent.parent / "pages"
WIDTH = 1180
"""The widest a page gets, pixels; lines longer than this are hard to read."""

_FRAMED = "framed_once"
_INSIDE = "inside_the_frame"

Arguments = ParamSpec("Arguments")


def pages() -> dict[str, st.Page]:
    """The pages by name; a page's name is its file and its address."""

    def at(name: str, title: str, icon: str, **more: Any) -> st.Page:
        path = PAGE_FOLDER / f"{name}.py"
        return st.Page(path, title=title, icon=f":material/{icon}:", **more)

    return {
        "start": at("start", "Start", "home", default=True, url_path="home"),
        "datasets": at("datasets", "Datasets", "photo_library"),
        "train": at("train", "Train", "model_training"),
        "segment": at("segment", "Segment", "background_replace"),
        "results": at("results", "Results", "grid_view"),
        "models": at("models", "Models", "deployed_code"),
        "help": at("help", "Help", "help"),
    }


def run() -> None:
    """The whole of `streamlit_app.py`: frame the page that the address names and run it."""
    chosen = _frame()
    st.session_state[_FRAMED] = st.session_state[_INSIDE] = True
    try:
        with st.container(horizontal_alignment="center"), st.container(width=WIDTH), boundary():
            chosen.run()
    finally:
        st.session_state[_INSIDE] = False


def _frame() -> st.Page:
    """Declare the pages, the icon and the width; returns the page that the address names.

    The first page lives at `/`; `/start` leads there, too. The icon is given as a file, as the
    browser would fetch an icon by name from the network.
    """
    known = pages()
    alias = st.Page(
        lambda: st.switch_page(known["start"]), title="Start", url_path="start", visibility="hidden"
    )
    st.set_page_config(page_icon=ICON, layout="wide")
    chosen = st.navigation([*known.values(), alias])
    st.set_page_config(page_title=f"{chosen.title} · cellseg", page_icon=ICON)
    st.logo(ICON, size="large")
    return chosen


@contextmanager
def page(title: str, caption: str, help: str | None = None) -> Iterator[Workspace]:
    """Make sure of the frame, write the heading, and show what goes wrong in a sentence.

    All of a page stands in this block. On a server's first request for a page other than the
    first, Streamlit runs the file of that page alone. Asking for the navigation switches that
    habit off, and a rerun brings the frame; once in a session is enough.

    Parameters
    ----------
    help : the document of `docs/` that explains the page, such as `how-to/train`.
    """
    if not st.session_state.get(_INSIDE):
        _frame()
        if not st.session_state.get(_FRAMED):
            st.session_state[_FRAMED] = True
            st.rerun()
    with boundary():
        with st.container(gap=None):
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
            ):
                st.title(title, anchor=False, width="content")
                if help is not None:
                    link("help", "Help", icon="help", query={"topic": help})
            st.caption(caption)
        yield Workspace.default()


@contextmanager
def boundary() -> Iterator[None]:
    """Show what went wrong in one sentence, never a traceback; the rest of the page stays."""
    try:
        yield
    except Exception as error:
        show_error(_sentence(error))


def guarded(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A fragment or dialog with the same boundary, as these also run by themselves."""

    @functools.wraps(function)
    def inside(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        with boundary():
            function(*args, **kwargs)

    return inside


def callback(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A callback of a widget with the same boundary: `show_note` shows what went wrong."""

    @functools.wraps(function)
    def inside(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Exception as error:
            session.complain(_sentence(error))

    return inside


def _sentence(error: Exception) -> str:
    if isinstance(error, CellsegError):
        return str(error)
    log.error("a page failed", exc_info=error)
    reason = str(error).splitlines()[0][:200] if str(error) else ""
    return (
        f"This page failed unexpectedly ({type(error).__name__}: {reason}); your data are safe. "
        "Reload the page, and if it happens again report the sentence above."
    )


def show_error(error: CellsegError | str) -> None:
    """One sentence in red."""
    st.error(plain(str(error)), icon=":material/error:")


def show_note() -> None:
    """What the last run of a page, or a callback before this one, left to be said."""
    success, complaint = session.noted()
    with st.container():  # there in every run, so that nothing below it changes its place
        if success:
            st.success(plain(success), icon=":material/check_circle:")
        if complaint:
            show_error(complaint)


def show_unreadable(names: Sequence[str], what: str, folder: Path) -> None:
    """One sentence on folders of a store that cannot be read; nothing where there are none.

    Parameters
    ----------
    what : plural noun of the store's entries. folder : that the store lies in.
    """
    if names:
        st.warning(
            f"These {what} are not shown, since their files are damaged or of another version of "
            f"cellseg: {plain(listed(list(names)))}. They lie untouched in {plain(str(folder))}; "
            "open them with the version that made them, restore a copy, or delete the folders.",
            icon=":material/warning:",
        )


def nothing_yet(icon: str, title: str, sentence: str, *links: tuple[str, str, str]) -> None:
    """An empty page that says what to do.

    Parameters
    ----------
    links : page, label and icon of each way on.
    """
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("small")
        st.markdown(f"### :gray[:material/{icon}:]", width="content")
        st.markdown(f"**{title}**", width="content")
        st.markdown(sentence, width="content", text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center"):
            for to, label, link_icon in links:
                link(to, label, icon=link_icon)
        st.space("small")


def link(
    to: str, label: str, *, icon: str | None = None, query: Mapping[str, str] | None = None
) -> None:
    """A link to another page, with what it should open there."""
    st.page_link(
        pages()[to],
        label=label,
        icon=f":material/{icon}:" if icon else ":material/arrow_forward:",
        query_params=dict(query or {}),
    )
