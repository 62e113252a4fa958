"""What a browser tab keeps between two runs of a page."""

import streamlit as st

_CHOSEN = "chosen_"
_MESSAGE = "message"
_ERROR = "error"


def chosen(kind: str) -> str | None:
    """The id of the run, model, dataset or batch that is open.

    It is read from the address (`?run=ID`), so that a link can be shared and survives a reload. A
    click on another page drops it from the address, so the tab keeps it, too. It is written into
    the address every time, because a link from a page to itself leaves the address unchanged.
    """
    current = st.query_params.get(kind) or st.session_state.get(_CHOSEN + kind)
    if current:
        st.session_state[_CHOSEN + kind] = st.query_params[kind] = current
    return current


def choose(kind: str, folder_id: str | None) -> None:
    """Open the run, model, dataset or batch of this id, or none."""
    st.session_state[_CHOSEN + kind] = folder_id
    if folder_id:
        st.query_params[kind] = folder_id
    elif kind in st.query_params:
        del st.query_params[kind]


def add_message(sentence: str) -> None:
    """Keep a message of success for the next run of the page, which shows it."""
    st.session_state[_MESSAGE] = sentence


def add_error(sentence: str) -> None:
    """Keep an error message of a callback, which cannot show it itself."""
    st.session_state[_ERROR] = sentence


def take_messages() -> tuple[str | None, str | None]:
    """The kept messages of success and of failure; each is returned once."""
    return st.session_state.pop(_MESSAGE, None), st.session_state.pop(_ERROR, None)
