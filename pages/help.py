"""Help: how each page and command works, offline; the documents of `docs/`."""

import streamlit as st

from cellseg.errors import CellsegError
from cellseg.ui.help import article, guide
from cellseg.ui.shell import frame, session

with frame.page("Help", "How each page and each command works; all of it is on this machine."):
    # The address first, as it is: session.chosen writes into it, which drops the heading behind #.
    name = st.query_params.get("topic") or session.chosen("topic") or guide.INDEX
    sections = guide.sections()
    try:
        topic = guide.topic(name)
    except CellsegError as error:
        frame.show_error(error)
        topic = guide.topic(guide.INDEX)
    left, right = st.columns([3, 8], gap="medium")
    with left:
        article.contents(sections, topic)
    with right:
        article.show(topic)
