"""One segmented image: the picture with its cells, their number, and the table of them."""

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
"""Of the picture, pixels."""

FIRST = 9
"""Columns of numbers that the table shows before more are asked for."""

MOST_ROWS = 20_000
"""Rows of a table in which cells can be chosen; a longer one is loaded piece by piece."""

NONE = "No measurement"


class Marks(NamedTuple):
    """A colour for each predicted and each true cell, and what each colour means."""

    predicted: dict[int, str]
    truth: dict[int, str]
    legend: dict[str, str]


def pick(results: Results) -> SegmentedImage:
    """The image to look at; a box to choose it where there are several."""
    images = results.images
    key = f"{results.key}-image"
    if len(images) == 1:
        st.subheader(plain(images[0].name), anchor=False)
        return images[0]
    if st.session_state.get(key) not in results.names:
        st.session_state[key] = images[0].name
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            f"Image to look at, of {len(images):,}", results.names, key=key, width=480
        )
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
    """Look at another image from the next run on."""
    st.session_state[f"{key}-image"] = name


def number_of_cells(results: Results, segmented: SegmentedImage, filters: Filters) -> None:
    """The count, what the filters leave out of it, and what is known of the image."""
    shown = state.counts([segmented], filters)[segmented.name]
    with st.container(key=f"{results.key}-count"):
        st.metric(
            "Cells",
            f"{shown:,}",
            border=True,
            help="Each cell by itself, also where cells touch."
            if results.model.separates_cells
            else "Separate parts of the mask; cells that touch count as one.",
        )
    with st.container(gap=None):
        if filters.clauses():
            left_out = segmented.cells - shown
            all_cells = count(segmented.cells, "cell")
            st.caption(
                f":material/filter_alt: **The filters leave out {left_out:,} of {all_cells}.**"
            )
        size = f"{segmented.width} × {segmented.height} pixels, {segmented.share:.1%} are cells"
        size += " before the filters." if filters.clauses() else "."
        if segmented.pixel_size is not None:
            size += f" A pixel is {segmented.pixel_size:.4g} µm wide."
        st.caption(size)
    with st.container():
        for sentence in segmented.warnings:
            st.warning(plain(sentence), icon=":material/warning:")


def colour_by(results: Results) -> str | None:
    """The column that colours the cells; None where the picture's own buttons say how."""
    chosen = st.selectbox(
        "Colour the cells by",
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
    """The viewer; a click in it lights cells, and those lit elsewhere are lit in it.

    Parameters
    ----------
    column : that colours the cells. marks : what became of each cell, in place of it.
    """
    loaded = state.pixels(segmented)
    of = state.table(segmented) if column or filters.clauses() else None
    keep = None
    if of is not None and filters.clauses():
        keep = frozenset(of["label"][filters.keep(of)].tolist())
    lit = selection.labels(results.key, segmented.name)
    values = None
    if of is not None and column is not None and column in of:
        values = (
            heading(column),
            dict(zip(of["label"].tolist(), of[column].tolist(), strict=True)),
        )
    with st.container(key=f"{results.key}-overlay"):
        seen = viewer(
            f"{results.key}-viewer",
            loaded.image,
            loaded.labels,
            name=segmented.name,
            truth=loaded.truth,
            probability=loaded.probability,
            kept=keep,
            values=values if marks is None else None,
            marks=marks.predicted if marks else None,
            truth_marks=marks.truth if marks else None,
            legend=marks.legend if marks else None,
            selected=[label for label in lit if keep is None or label in keep],
            pixel_size=segmented.pixel_size,
            height=HEIGHT,
            version=loaded.version,
        )
    if seen.changed:
        selection.light(
            results.key, [(segmented.name, label) for label in seen.selected], "picture"
        )


def table(results: Results, of: pd.DataFrame, *, alone: bool) -> None:
    """The table of cells; rows that are chosen light their cells, and the other way round.

    Parameters
    ----------
    of : the cells that pass the filters. alone : whether all are of one image.
    """
    key = f"{results.key}-table"
    everything = st.toggle("All columns", key=f"{key}-all")
    names = [column for column in results.columns if column in of]
    columns = ["label", "touches_border", *(names if everything else names[:FIRST])]
    places = list(zip(of["image"].tolist(), of["label"].tolist(), strict=True))
    order = _order(places, selection.first(results.key))
    places = [places[row] for row in order]
    choosable = len(of) <= MOST_ROWS
    options: dict[str, Any] = {}
    if choosable:
        lit = set(selection.lit(results.key))
        rows = [row for row, place in enumerate(places) if place in lit]
        st.session_state[f"{key}-places"] = places
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        options = {
            "on_select": frame.callback(partial(_chosen, results.key)),
            "selection_mode": "multi-row",
            "key": key,
            "lazy": False,
        }
    st.dataframe(
        of.iloc[order][columns if alone else ["image", *columns]],
        hide_index=True,
        height=380,
        column_config=described(columns),
        alt=f"Table of {count(len(of), 'cell')}",
        **options,
    )
    hint = "Point at the name of a column to read what it means."
    st.caption(hint if choosable else f"{hint} In a table of this length no row can be chosen.")


def _chosen(key: str) -> None:
    """Light the cells whose rows were chosen."""
    places = st.session_state[f"{key}-table-places"]
    rows = st.session_state[f"{key}-table"]["selection"]["rows"]
    selection.light(key, [places[row] for row in rows if row < len(places)], "table")


def _order(places: Sequence[selection.Cell], first: Collection[selection.Cell]) -> list[int]:
    """The rows in their order, but for those that come first."""
    ahead = [row for row, place in enumerate(places) if place in first]
    behind = [row for row, place in enumerate(places) if place not in first]
    return ahead + behind


def described(columns: Sequence[str]) -> dict[str, Any]:
    """How columns are shown: with their units, and their definitions to hover over."""
    config: dict[str, Any] = {
        "label": st.column_config.NumberColumn("cell", help=definition("label"), format="%d"),
        "image": st.column_config.TextColumn("image", help=definition("image")),
        "touches_border": st.column_config.CheckboxColumn(
            "touches_border", help=definition("touches_border")
        ),
    }
    for column in columns:
        if column not in config:
            config[column] = st.column_config.NumberColumn(
                heading(column), help=definition(column), format="%.5g"
            )
    return config
