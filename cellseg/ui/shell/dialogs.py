"""Dialogs: confirm a deletion, enter a new name."""

from collections.abc import Callable

import streamlit as st

from cellseg.errors import CellsegError
from cellseg.ui.shell import frame, session
from cellseg.ui.shell.formatting import plain


def confirm_delete(
    question: str, consequence: str, delete: Callable[[], None], message: str
) -> None:
    """Ask before deleting.

    Parameters
    ----------
    question : title of the dialog, such as `Delete the model X?`.
    consequence : what is deleted and what is kept, one or two sentences.
    delete : performs the deletion.
    message : shown on the page afterwards.
    """

    @st.dialog(plain(question), icon=":material/delete:")
    @frame.with_boundary
    def dialog() -> None:
        st.markdown(plain(consequence))
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Cancel", key="confirm-cancel"):
                st.rerun()
            if st.button("Delete", key="confirm-delete", type="primary", icon=":material/delete:"):
                delete()
                session.add_message(message)
                st.rerun()

    dialog()


def rename(kind: str, name: str, change: Callable[[str], None]) -> None:
    """A button that opens a small form for a new name.

    Parameters
    ----------
    kind : `model`, `dataset` or `batch`; part of the key of the form.
    name : the current name.
    change : called with the new name.
    """
    with st.popover("Rename", icon=":material/edit:"), st.form(f"rename-{kind}", border=False):
        new_name = st.text_input("New name", value=name, max_chars=60)
        if st.form_submit_button("Rename", type="primary"):
            try:
                change(new_name)
            except CellsegError as error:
                session.add_error(str(error))
            else:
                session.add_message(f"Renamed to {new_name.strip()}.")
            st.rerun()
