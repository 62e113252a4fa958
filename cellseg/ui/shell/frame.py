"""The frame around every page: navigation, heading, error boundary, links."""

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
"""Maximum width of a page, pixels; longer lines are hard to read."""

_FRAMED = "frame_shown"
_INSIDE = "frame_running"

Arguments = ParamSpec("Arguments")


def pages() -> dict[str, st.Page]:
    """The pages by name; a page's name is its file and its address."""

    def page_at(name: str, title: str, icon: str, **more: Any) -> st.Page:
        path = PAGE_FOLDER / f"{name}.py"
        return st.Page(path, title=title, icon=f":material/{icon}:", **more)

    return {
        "start": page_at("start", "Start", "home", default=True, url_path="home"),
        "datasets": page_at("datasets", "Datasets", "photo_library"),
        "train": page_at("train", "Train", "model_training"),
        "segment": page_at("segment", "Segment", "background_replace"),
        "results": page_at("results", "Results", "grid_view"),
        "models": page_at("models", "Models", "deployed_code"),
        "help": page_at("help", "Help", "help"),
    }


def run() -> None:
    """The body of `streamlit_app.py`: declare the frame and run the page of the address."""
    chosen = _frame()
    st.session_state[_FRAMED] = st.session_state[_INSIDE] = True
    try:
        with st.container(horizontal_alignment="center"), st.container(width=WIDTH), boundary():
            chosen.run()
    finally:
        st.session_state[_INSIDE] = False


def _frame() -> st.Page:
    """Declare the pages, the icon and the width; return the page of the address.

    The page Start has the address `/`; `/start` leads there, too. The icon is a file, because the
    browser would fetch an icon by name from the internet.
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
    """The context of a whole page: frame, heading, and errors shown as one sentence.

    If the first request to a fresh server is for another page than Start, Streamlit runs the file
    of that page without `streamlit_app.py`. Declaring the navigation ends that mode, and a rerun
    shows the page in its frame; once in a session is enough.

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
    """Show an exception as one sentence, never as a traceback; the rest of the page stays."""
    try:
        yield
    except Exception as error:
        show_error(_sentence(error))


def with_boundary(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A fragment or dialog inside a `boundary`, because these also run without the page."""

    @functools.wraps(function)
    def inside(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        with boundary():
            function(*args, **kwargs)

    return inside


def callback(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """A callback of a widget whose exceptions `show_messages` shows in the next run."""

    @functools.wraps(function)
    def inside(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Exception as error:
            session.add_error(_sentence(error))

    return inside


def _sentence(error: Exception) -> str:
    if isinstance(error, CellsegError):
        return str(error)
    log.error("a page failed", exc_info=error)
    reason = str(error).splitlines()[0][:200] if str(error) else ""
    return (
        f"An unexpected error occurred ({type(error).__name__}: {reason}). Your data are safe. "
        "Reload the page; if the error occurs again, please report it with this message."
    )


def show_error(error: CellsegError | str) -> None:
    """Show an error message."""
    st.error(plain(str(error)), icon=":material/error:")


def show_messages() -> None:
    """Show the messages that the previous run of a page or a callback has kept."""
    success, failure = session.take_messages()
    with st.container():  # there in every run, so that nothing below it changes its place
        if success:
            st.success(plain(success), icon=":material/check_circle:")
        if failure:
            show_error(failure)


def show_unreadable(names: Sequence[str], kind: str, folder: Path) -> None:
    """A warning about entries of a store that cannot be read; nothing if there are none.

    Parameters
    ----------
    names : of their folders.
    kind : plural noun of the entries, such as `models`.
    folder : of the store.
    """
    if names:
        st.warning(
            f"These {kind} are not shown: {plain(listed(list(names)))}. Their files are damaged or "
            f"were saved by another version of cellseg. They are kept in {plain(str(folder))}; "
            "open them with that version, restore a backup, or delete them.",
            icon=":material/warning:",
        )


def empty_state(icon: str, title: str, sentence: str, *links: tuple[str, str, str]) -> None:
    """A box for a page without content that says what to do next.

    Parameters
    ----------
    links : page, label and icon of each next step.
    """
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("small")
        st.markdown(f"### :gray[:material/{icon}:]", width="content")
        st.markdown(f"**{title}**", width="content")
        st.markdown(sentence, width="content", text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center"):
            for target, label, link_icon in links:
                link(target, label, icon=link_icon)
        st.space("small")


def link(
    target: str, label: str, *, icon: str | None = None, query: Mapping[str, str] | None = None
) -> None:
    """A link to another page; the query says what to open there."""
    st.page_link(
        pages()[target],
        label=label,
        icon=f":material/{icon}:" if icon else ":material/arrow_forward:",
        query_params=dict(query or {}),
    )
