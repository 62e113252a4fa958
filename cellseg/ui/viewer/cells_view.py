"""One segmented image: viewer, number of cells, and table of cells."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from cellseg.analysis.columns import heading
from cellseg.analysis.filters import Filters
from cellseg.analysis.measurements import definition
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.ui.results import state
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.viewer import selection
from cellseg.ui.viewer.viewer import viewer

HEIGHT = 560
"""Height of the viewer, in pixels."""

FIRST_COLUMNS = 9
"""Measurements in the table unless all are shown."""

MOST_ROWS = 20_000
"""Rows up to which cells can be selected in a table; a longer one is loaded in parts."""

NONE = "No measurement"


class Marks(NamedTuple):
    """The colours of predicted and true cells, by label, and the meaning of each colour."""

    predicted: dict[int, str]
    truth: dict[int, str]
    legend: dict[str, str]


def image_box(results: Results) -> SegmentedImage:
    """The open image, with a box to choose it if there are several."""
    images = results.images
    key = f"{results.key}-image"
    if len(images) == 1:
        st.subheader(plain(images[0].name), anchor=False)
        return images[0]
    if st.session_state.get(key) not in results.names:
        st.session_state[key] = images[0].name
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(f"Image ({len(images):,} in total)", results.names, key=key, width=480)
        for step, icon, label in ((-1, "chevron_left", "Previous"), (1, "chevron_right", "Next")):
            place = results.names.index(name) + step
            st.button(
                label,
                key=f"{results.key}-step{step}",
                icon=f":material/{icon}:",
                disabled=not 0 <= place < len(images),
                on_click=frame.callback(open_image),
                args=(results.key, results.names[place % len(images)]),
            )
    return images[results.names.index(name)]


def open_image(key: str, name: str) -> None:
    """Open another image in the next run."""
    st.session_state[f"{key}-image"] = name


def show_number_of_cells(results: Results, segmented: SegmentedImage, filters: Filters) -> None:
    """The number of cells, the number of filtered cells, size and warnings of the image."""
    shown = state.counts([segmented], filters)[segmented.name]
    with st.container(key=f"{results.key}-count"):
        st.metric(
            "Cells",
            f"{shown:,}",
            border=True,
            help="Touching cells are counted separately."
            if results.model.separates_cells
            else "Touching cells are counted as one.",
        )
    with st.container(gap=None):
        if filters.clauses():
            excluded = segmented.cells - shown
            all_cells = count(segmented.cells, "cell")
            st.caption(
                f":material/filter_alt: **The filters exclude {excluded:,} of {all_cells}.**"
            )
        size = f"{segmented.width} × {segmented.height} pixels; cells cover {segmented.share:.1%}"
        size += " before filters." if filters.clauses() else "."
        if segmented.pixel_size is not None:
            size += f" Pixel size: {segmented.pixel_size:.4g} µm."
        st.caption(size)
    with st.container():
        for sentence in segmented.warnings:
            st.warning(plain(sentence), icon=":material/warning:")


def colour_by(results: Results) -> str | None:
    """The measurement by which cells are coloured; None leaves the colours to the viewer."""
    chosen = st.selectbox(
        "Colour cells by",
        [NONE, *results.columns],
        format_func=lambda name: name if name == NONE else heading(name),
        key=f"{results.key}-colour",
    )
    return None if chosen == NONE else chosen


def picture(
    results: Results,
    segmented: SegmentedImage,
    filters: Filters,
    column: str | None,
    marks: Marks | None = None,
) -> None:
    """The viewer, which shows and changes the selected cells.

    Parameters
    ----------
    column : measurement by which cells are coloured.
    marks : colours of the cells, which replace those of `column`.
    """
    loaded = state.pixels(segmented)
    cells = state.table(segmented) if column or filters.clauses() else None
    kept = None
    if cells is not None and filters.clauses():
        kept = frozenset(cells["label"][filters.keep(cells)].tolist())
    selected = selection.labels(results.key, segmented.name)
    values = None
    if cells is not None and column is not None and column in cells:
        values = (
            heading(column),
            dict(zip(cells["label"].tolist(), cells[column].tolist(), strict=True)),
        )
    with st.container(key=f"{results.key}-overlay"):
        viewer_state = viewer(
            f"{results.key}-viewer",
            loaded.image,
            loaded.labels,
            name=segmented.name,
            truth=loaded.truth,
            probability=loaded.probability,
            kept=kept,
            values=values if marks is None else None,
            marks=marks.predicted if marks else None,
            truth_marks=marks.truth if marks else None,
            legend=marks.legend if marks else None,
            selected=[label for label in selected if kept is None or label in kept],
            pixel_size=segmented.pixel_size,
            height=HEIGHT,
            version=loaded.version,
        )
    if viewer_state.changed:
        selection.select(
            results.key, [(segmented.name, label) for label in viewer_state.selected], "image"
        )


def table(results: Results, cells: pd.DataFrame, *, one_image: bool) -> None:
    """The table of cells, which shows and changes the selected cells.

    Parameters
    ----------
    cells : that pass the filters.
    one_image : whether all are of one image.
    """
    key = f"{results.key}-table"
    all_columns = st.toggle("All columns", key=f"{key}-all")
    names = [column for column in results.columns if column in cells]
    columns = ["label", "touches_border", *(names if all_columns else names[:FIRST_COLUMNS])]
    places = list(zip(cells["image"].tolist(), cells["label"].tolist(), strict=True))
    order = _order(places, selection.top_rows(results.key))
    places = [places[row] for row in order]
    selectable = len(cells) <= MOST_ROWS
    options: dict[str, Any] = {}
    if selectable:
        selected = set(selection.selected(results.key))
        rows = [row for row, place in enumerate(places) if place in selected]
        st.session_state[f"{key}-places"] = places
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        options = {
            "on_select": frame.callback(partial(_chosen, results.key)),
            "selection_mode": "multi-row",
            "key": key,
            "lazy": False,
        }
    st.dataframe(
        cells.iloc[order][columns if one_image else ["image", *columns]],
        hide_index=True,
        height=380,
        column_config=column_config(columns),
        alt=f"Table of {count(len(cells), 'cell')}",
        **options,
    )
    hint = "Hover over a heading to read the definition of the measurement."
    st.caption(hint if selectable else f"{hint} Rows of a table this long cannot be selected.")


def _chosen(key: str) -> None:
    """Select the cells of the selected rows."""
    places = st.session_state[f"{key}-table-places"]
    rows = st.session_state[f"{key}-table"]["selection"]["rows"]
    selection.select(key, [places[row] for row in rows if row < len(places)], "table")


def _order(places: Sequence[selection.Cell], first: Collection[selection.Cell]) -> list[int]:
    """The order of the rows: those of `first`, then all others."""
    ahead = [row for row, place in enumerate(places) if place in first]
    behind = [row for row, place in enumerate(places) if place not in first]
    return ahead + behind


def column_config(columns: Sequence[str]) -> dict[str, Any]:
    """The headings of columns with their units, and their definitions as help."""
    config: dict[str, Any] = {
        "label": st.column_config.NumberColumn("Cell", help=definition("label"), format="%d"),
        "image": st.column_config.TextColumn("Image", help=definition("image")),
        "touches_border": st.column_config.CheckboxColumn(
            heading("touches_border"), help=_help("touches_border")
        ),
    }
    for column in columns:
        if column not in config:
            config[column] = st.column_config.NumberColumn(
                heading(column), help=_help(column), format="%.5g"
            )
    return config


def _help(column: str) -> str:
    """The definition of a column, and its name in files."""
    return f"{definition(column)} In files: `{column}`."
