"""Questions that must be answered before something is changed or lost."""

from collections.abc import Callable

import streamlit as st

from cellseg.errors import CellsegError
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import plain


def confirm_delete(what: str, loss: str, delete: Callable[[], None], done: str) -> None:
    """Ask before deleting.

    Parameters
    ----------
    what : title of the question, `Delete the model X?`. loss : what will be gone, one sentence.
    delete : the deletion. done : what to say afterwards.
    """

    @st.dialog(plain(what), icon=":material/delete:")
    @frame.guarded
    def question() -> None:
        st.markdown(plain(loss))
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Keep", key="confirm-keep"):
                st.rerun()
            if st.button("Delete", key="confirm-delete", type="primary", icon=":material/delete:"):
                delete()
                session.note(done)
                st.rerun()

    question()


def rename(what: str, name: str, change: Callable[[str], None]) -> None:
    """A small form beneath a button: type another name, press the button.

    Parameters
    ----------
    what : `model` or `dataset`. name : its name now. change : gives it the new name.
    """
    with st.popover("Rename", icon=":material/edit:"), st.form(f"rename-{what}", border=False):
        wish = st.text_input("New name", value=name, max_chars=60)
        if st.form_submit_button("Rename", type="primary"):
            try:
                change(wish)
            except CellsegError as error:
                session.complain(str(error))
            else:
                session.note(f"The new name is {wish.strip()}.")
            st.rerun()
