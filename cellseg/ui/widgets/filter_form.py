"""The form of the filters."""

from collections.abc import Sequence

import streamlit as st

from cellseg.analysis.columns import heading
from cellseg.analysis.filters import Filters, Range
from cellseg.analysis.measurements import definition
from cellseg.config import checked
from cellseg.errors import CellsegError
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import plain


def form(key: str, columns: Sequence[str]) -> Filters:
    """The filters in an expander; invalid bounds show a warning and filter nothing.

    Parameters
    ----------
    columns : that can be filtered; areas are in µm² if `area_um2` is one of them.
    """
    calibrated = "area_um2" in columns
    with st.expander("Filters", icon=":material/filter_alt:", key=f"{key}-filters"):
        low, high = _bounds(f"{key}-area", f"Area, {'µm²' if calibrated else 'px²'}")
        border = st.toggle(
            "Exclude cells at the border",
            key=f"{key}-border",
            persist_state="session",
            help="Cells at the edge of the image are cut off, so their area is too small.",
        )
        score = st.slider(
            "Minimum mean probability",
            0.0,
            1.0,
            0.0,
            0.05,
            key=f"{key}-score",
            persist_state="session",
            help=definition("score"),
        )
        columns_chosen = st.multiselect(
            "Other measurements",
            [column for column in columns if column not in ("area", "area_um2", "score")],
            format_func=heading,
            key=f"{key}-columns",
            persist_state="session",
            placeholder="Choose measurements",
        )
        ranges = [_range(key, column) for column in columns_chosen]
        st.button(
            "Reset",
            key=f"{key}-reset",
            type="tertiary",
            icon=":material/restart_alt:",
            on_click=frame.callback(_reset),
            args=(key,),
        )
        area = {"min_area": low, "max_area": high}
        if calibrated:
            ranges.insert(0, {"column": "area_um2", "low": low, "high": high})
            area = {}
        try:
            return checked(
                Filters,
                **area,
                exclude_border=border,
                min_score=score or None,
                ranges=tuple(checked(Range, **bounds) for bounds in ranges),
            )
        except CellsegError as error:
            st.warning(plain(str(error)), icon=":material/warning:")
            return Filters()


def _range(key: str, column: str) -> dict[str, object]:
    low, high = _bounds(f"{key}-{column}", plain(heading(column)), definition(column))
    return {"column": column, "low": low, "high": high}


def _bounds(key: str, label: str, help: str | None = None) -> tuple[float | None, float | None]:
    """Minimum and maximum; None without a bound."""
    values: list[float | None] = []
    with st.container(gap="xxsmall"):
        st.markdown(f":small[{label}]", help=help)
        for column, end, bound in zip(
            st.columns(2, gap="small"), ("low", "high"), ("min", "max"), strict=True
        ):
            with column:
                value = st.number_input(
                    f"{label}, {bound}",
                    value=None,
                    key=f"{key}-{end}",
                    persist_state="session",
                    placeholder=bound,
                    label_visibility="collapsed",
                )
                values.append(value)
    return values[0], values[1]


def _reset(key: str) -> None:
    """Remove all filters."""
    for column in [*st.session_state.get(f"{key}-columns", ()), "area"]:
        st.session_state[f"{key}-{column}-low"] = st.session_state[f"{key}-{column}-high"] = None
    st.session_state[f"{key}-columns"] = []
    st.session_state[f"{key}-border"] = False
    st.session_state[f"{key}-score"] = 0.0
