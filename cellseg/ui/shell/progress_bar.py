"""A bar for what may take long, which is not shown where it does not."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from cellseg.ui.shell.formatting import plain

PATIENCE = 0.5
"""Seconds before the bar shows, so that nothing flickers."""

Tell = Callable[[int, int, str], None]


@contextmanager
def bar() -> Iterator[Tell]:
    """Takes a place on the page; call what it gives with (done, in all, what happens now)."""
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    began = time.monotonic()

    def tell(done: int, of: int, what: str) -> None:
        if time.monotonic() - began > PATIENCE:
            slot.progress(min(1.0, done / max(1, of)), plain(what))

    try:
        yield tell
    finally:
        slot.empty()
