"""The cells that are lit: one answer for picture, table and plots."""

from collections.abc import Iterable
from typing import Literal

import streamlit as st

Cell = tuple[str, int]
"""Name of the image and label of the cell."""
Source = Literal["picture", "table", "plot", "list"]


def lit(key: str) -> tuple[Cell, ...]:
    """The cells that are lit, in the order in which they were chosen."""
    return st.session_state.get(f"{key}-lit", ())


def source(key: str) -> Source | None:
    """Where they were chosen."""
    return st.session_state.get(f"{key}-lit-by")


def light(key: str, cells: Iterable[Cell], by: Source) -> None:
    """Light these cells and no others."""
    st.session_state[f"{key}-lit"] = tuple(dict.fromkeys(cells))
    st.session_state[f"{key}-lit-by"] = by


def labels(key: str, image: str) -> tuple[int, ...]:
    """The lit cells of one image."""
    return tuple(label for name, label in lit(key) if name == image)
