"""A document on the page: its text, pictures and notes, and the list of all documents."""

import re
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from cellseg.ui.help import guide
from cellseg.ui.help.guide import DOCS, Section, Topic
from cellseg.ui.help.parts import (
    Kind,
    Note,
    Picture,
    parts,
)
from cellseg.ui.shell import frame, session

MOST_FOUND = 8
"""Documents that a search lists."""

_BOX: dict[Kind, tuple[Callable[..., object], str]] = {
    "note": (st.info, "info"),
    "tip": (st.success, "lightbulb"),
    "important": (st.info, "priority_high"),
    "warning": (st.warning, "warning"),
    "caution": (st.warning, "warning"),
}


def contents(sections: list[Section], opened: Topic) -> None:
    """A search, the list of documents by sections, and those that the open one mentions."""
    words = st.text_input(
        "Search the help", key="help-search", icon=":material/search:", placeholder="such as: tile"
    )
    if words.strip():
        found = guide.search(words)
        with st.container(gap="xxsmall", border=True):
            for name in found[:MOST_FOUND]:
                _open_button(name, "found")
            if not found:
                st.caption("No document has all of these words.")
    _open_button(guide.INDEX, "contents")
    for section in sections:
        with st.expander(section.title, expanded=opened.name in section.topics):
            with st.container(gap="xxsmall"):
                for name in section.topics:
                    if name == opened.name:
                        st.markdown(f"**{opened.title}**")
                    else:
                        _open_button(name, "contents")
    if opened.name != guide.INDEX and (mentioned := guide.links(opened.text, opened.name)):
        st.markdown("**See also**")
        with st.container(gap="xxsmall"):
            for name in mentioned:
                _open_button(name, "mentioned")


def show(topic: Topic) -> None:
    """A document: its heading, text, pictures and notes."""
    st.header(topic.title, anchor=False)
    for part in parts(topic.text, topic.name):
        match part:
            case Picture(path, alt):
                st.image(_in_this_theme(DOCS / path), width="stretch", alt=alt)
            case Note(kind, markdown):
                box, icon = _BOX[kind]
                box(guide.linked(markdown, topic.name), icon=f":material/{icon}:")
            case _:
                st.markdown(guide.linked(part.markdown, topic.name))


def _open_button(name: str, place: str) -> None:
    """A button that opens a document in this tab; what the tab remembers stays."""
    st.button(
        "Contents" if name == guide.INDEX else guide.title(name),
        key=f"help-{place}-{name}",
        type="tertiary",
        on_click=frame.callback(session.choose),
        args=("topic", name),
    )


def _in_this_theme(picture: Path) -> Path:
    """The picture `NAME-dark.png` beside `NAME-light.png` where the page is dark."""
    dark = picture.with_name(re.sub(r"-light(\.\w+)$", r"-dark\1", picture.name))
    return dark if st.context.theme.type == "dark" and dark.is_file() else picture
