"""The selected cells, which image, table and plots share."""

from collections.abc import Iterable
from typing import Literal

import streamlit as st

Cell = tuple[str, int]
"""Name of the image and label of the cell."""
View = Literal["image", "table", "plot"]
"""Where cells can be selected."""


def selected(key: str) -> tuple[Cell, ...]:
    """The selected cells, in the order of their selection."""
    return st.session_state.get(f"{key}-selected", ())


def select(key: str, cells: Iterable[Cell], view: View) -> None:
    """Select these cells and no others.

    Parameters
    ----------
    view : in which the user has selected them.
    """
    unique = tuple(dict.fromkeys(cells))
    st.session_state[f"{key}-selected"] = unique
    if view != "table":
        st.session_state[f"{key}-top-rows"] = frozenset(unique)
    if view != "plot":
        st.session_state[f"{key}-highlighted"] = unique


def top_rows(key: str) -> frozenset[Cell]:
    """The cells whose rows come first in the table: the last selection outside of the table.

    A selection in the table leaves its rows where they are.
    """
    return st.session_state.get(f"{key}-top-rows", frozenset())


def highlighted(key: str) -> tuple[Cell, ...]:
    """The cells that a plot highlights: the last selection outside of a plot.

    A lasso exists only in the browser; if its plot were redrawn, the lasso would vanish.
    """
    return st.session_state.get(f"{key}-highlighted", ())


def labels(key: str, image: str) -> tuple[int, ...]:
    """The selected cells of one image."""
    return tuple(label for name, label in selected(key) if name == image)
