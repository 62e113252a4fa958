"""What a browser tab remembers between two runs of a page."""

import streamlit as st

_CHOSEN = "chosen_"
_NOTE = "note"
_COMPLAINT = "complaint"


def chosen(kind: str) -> str | None:
    """The id of the run, model or dataset that is open.

    The address says it (`?run=ID`), so that it can be shared and survives a reload. A click on
    another page drops it from the address, so the tab remembers it, too. It is written into the
    address every time, as a link from a page to itself leaves the address as it was.
    """
    named = st.query_params.get(kind) or st.session_state.get(_CHOSEN + kind)
    if named:
        st.session_state[_CHOSEN + kind] = st.query_params[kind] = named
    return named


def choose(kind: str, folder_id: str | None) -> None:
    """Open the run, model or dataset of this id, or none."""
    st.session_state[_CHOSEN + kind] = folder_id
    if folder_id:
        st.query_params[kind] = folder_id
    elif kind in st.query_params:
        del st.query_params[kind]


def note(sentence: str) -> None:
    """Keep a sentence of success for the next run of the page, which shows it."""
    st.session_state[_NOTE] = sentence


def complain(sentence: str) -> None:
    """Keep a sentence about what went wrong in a callback, where the page cannot show it."""
    st.session_state[_COMPLAINT] = sentence


def noted() -> tuple[str | None, str | None]:
    """The sentences of success and of failure that were kept, once."""
    return st.session_state.pop(_NOTE, None), st.session_state.pop(_COMPLAINT, None)
