"""A progress bar that appears only when the work takes noticeably long."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from cellseg.ui.shell.formatting import plain

DELAY = 0.5
"""Seconds until the bar appears, so that short work does not make the page flicker."""

Report = Callable[[int, int, str], None]
"""Called with (steps done, steps in total, current step in words)."""


@contextmanager
def delayed() -> Iterator[Report]:
    """Reserve a place on the page and yield the function that updates the bar in it."""
    slot = st.empty()  # there in every run, so that nothing below it changes its place
    began = time.monotonic()

    def report(done: int, total: int, step: str) -> None:
        if time.monotonic() - began > DELAY:
            slot.progress(min(1.0, done / max(1, total)), plain(step))

    try:
        yield report
    finally:
        slot.empty()
