"""The cells that are lit: one answer for picture, table and plots."""

from collections.abc import Iterable
from typing import Literal

import streamlit as st

Cell = tuple[str, int]
"""Name of the image and label of the cell."""
Source = Literal["picture", "table", "plot"]


def lit(key: str) -> tuple[Cell, ...]:
    """The cells that are lit, in the order in which they were chosen."""
    return st.session_state.get(f"{key}-lit", ())


def light(key: str, cells: Iterable[Cell], by: Source) -> None:
    """Light these cells and no others."""
    found = tuple(dict.fromkeys(cells))
    st.session_state[f"{key}-lit"] = found
    if by != "table":
        st.session_state[f"{key}-first"] = frozenset(found)
    if by != "plot":
        st.session_state[f"{key}-marked"] = found


def first(key: str) -> frozenset[Cell]:
    """The cells whose rows come first in the table: those that were last lit elsewhere.

    A choice in the table itself leaves its rows where they are.
    """
    return st.session_state.get(f"{key}-first", frozenset())


def marked(key: str) -> tuple[Cell, ...]:
    """The cells that a plot marks: those that were last lit elsewhere.

    A lasso stays in the browser; a plot that were drawn anew for it would lose it.
    """
    return st.session_state.get(f"{key}-marked", ())


def labels(key: str, image: str) -> tuple[int, ...]:
    """The lit cells of one image."""
    return tuple(label for name, label in lit(key) if name == image)
