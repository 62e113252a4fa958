"""Plots of the cells that pass the filters, their statistics, and the download of both."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from cellseg.analysis.columns import heading
from cellseg.analysis.filters import Filters
from cellseg.analysis.groups import GroupBy, Grouping, summarise_groups
from cellseg.analysis.measurements import definition
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.config import checked
from cellseg.errors import CellsegError
from cellseg.exports.tables import csv_bytes
from cellseg.ui.results import plots, state
from cellseg.ui.results.plots import Plot
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.shell.formatting import count, listed, plain
from cellseg.ui.viewer import selection
from cellseg.workspace import slug

KINDS = {
    "Histogram": ":material/bar_chart:",
    "Box plot": ":material/candlestick_chart:",
    "Scatter": ":material/scatter_plot:",
    "Counts": ":material/numbers:",
}
GROUPINGS: dict[str, GroupBy] = {
    "Folder": "folder",
    "Part of the name": "part",
    "Pattern": "pattern",
}
SUMMARY = {
    "n": ("n", "Number of cells, or images, with a value."),
    "mean": ("Mean", "Arithmetic mean."),
    "sd": ("SD", "Sample standard deviation, divided by n - 1."),
    "min": ("Min", "Smallest value."),
    "q1": ("Q1", "First quartile, linearly interpolated."),
    "median": ("Median", "Second quartile."),
    "q3": ("Q3", "Third quartile, linearly interpolated."),
    "max": ("Max", "Largest value."),
}


def show(results: Results, segmented: SegmentedImage, filters: Filters) -> None:
    """The choice of a plot, the plot, its downloads, and summary statistics."""
    key = f"{results.key}-plot"
    several = len(results.images) > 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kinds = list(KINDS) if several else [kind for kind in KINDS if kind != "Counts"]
        kind = st.segmented_control(
            "Plot",
            kinds,
            default="Histogram",
            required=True,
            format_func=lambda name: f"{KINDS[name]} {name}",
            key=f"{key}-kind",
        )
        all_images = several and (
            kind == "Counts"
            or st.segmented_control(
                "Cells of",
                ["This image", "All images"],
                default="This image",
                required=True,
                key=f"{key}-scope",
                persist_state="page",
            )
            == "All images"
        )
        by = _by(key, kind) if all_images else None
    x, y = _columns(results, kind)
    grouping = _grouping(key, results.names) if by == "Group" else None
    table = _table(results, segmented, filters, all_images and kind != "Counts")
    groups = {name: grouping.group(name) if grouping else name for name in results.names}
    if kind == "Counts":
        with progress_bar.delayed() as report:
            cells = state.counts(results.images, filters, report)
        _figure(key, results, "counts", plots.counts(cells, groups if grouping else None))
        parts = [groups[name] if grouping else "All images" for name in cells]
        _summary(key, "Cells per image", summarise_groups(list(cells.values()), parts))
        return
    if not len(table):
        reason = "No cell passes the filters" if filters.clauses() else "No cell was found"
        st.info(f"{reason}; there is nothing to plot.", icon=":material/info:")
        return
    of = [groups[name] for name in table["image"]] if by else None
    if kind == "Scatter":
        chosen = selection.highlighted(results.key)
        _scatter(results, table, plots.scatter(table, x, y, of, chosen))
        return
    make: Callable[..., Plot] = plots.histogram if kind == "Histogram" else plots.boxes
    _figure(key, results, f"{kind} {x}", make(table, x, of))
    order = list(dict.fromkeys(groups[name] for name in results.names)) if by else None
    _summary(key, heading(x), summarise_groups(table[x], of or [plots.ALL] * len(table), order))


def _by(key: str, kind: str) -> str | None:
    """By what the cells are grouped: image, group of images, or None for no grouping."""
    options = ["Image", "Group"] if kind == "Counts" else ["None", "Image", "Group"]
    by = st.segmented_control(
        "Group by",
        options,
        default=options[0],
        required=True,
        format_func=lambda option: "Group of images" if option == "Group" else option,
        key=f"{key}-by-{len(options)}",
    )
    return None if by == "None" else by


def _columns(results: Results, kind: str) -> tuple[str, str]:
    """The measurements to plot, with their definitions as help."""
    key, columns = f"{results.key}-plot", results.columns
    if kind == "Counts":
        return columns[0], columns[0]
    left, right = st.columns(2)
    with left:
        x = st.selectbox(
            "X axis" if kind == "Scatter" else "Measurement",
            columns,
            format_func=heading,
            key=f"{key}-x",
            help=_definition(f"{key}-x", columns[0]),
        )
    if kind != "Scatter":
        return x, x
    with right:
        start = columns.index("eccentricity")
        y = st.selectbox(
            "Y axis",
            columns,
            start,
            format_func=heading,
            key=f"{key}-y",
            help=_definition(f"{key}-y", columns[start]),
        )
    return x, y


def _definition(key: str, first: str) -> str:
    """The definition of the measurement that is chosen in a box."""
    return definition(st.session_state.get(key) or first)


def _grouping(key: str, names: list[str]) -> Grouping:
    """How images are grouped by their names, with a preview of the groups."""
    folders = any("/" in name for name in names)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            source = st.selectbox(
                "Group images by",
                list(GROUPINGS),
                index=0 if folders else 1,
                key=f"{key}-group-by",
                width=220,
            )
            settings: dict[str, object] = {"by": GROUPINGS[source]}
            if source == "Part of the name":
                settings["separator"] = st.text_input(
                    "Separator", "_", key=f"{key}-separator", width=120, max_chars=20
                )
                settings["position"] = st.number_input(
                    "Part number",
                    -20,
                    20,
                    1,
                    key=f"{key}-position",
                    width=160,
                    help="1 is the first part of the name, -1 the last.",
                )
            if source == "Pattern":
                settings["pattern"] = st.text_input(
                    "Pattern",
                    "{}_*",
                    key=f"{key}-pattern",
                    width=320,
                    max_chars=200,
                    help="The name without its extension: `*` stands for any text, `?` for one "
                    "character, and `{}` for the name of the group, as in `day1_{}_*`.",
                )
        try:
            grouping = checked(Grouping, **settings)
        except CellsegError as error:
            st.warning(plain(str(error)), icon=":material/warning:")
            grouping = Grouping()
        images = pd.Series([grouping.group(name) for name in names]).value_counts(sort=False)
        groups = [f"{plain(str(name))} ({count(int(n), 'image')})" for name, n in images.items()]
        st.caption(listed(groups, most=12))
    return grouping


def _table(
    results: Results, segmented: SegmentedImage, filters: Filters, all_images: bool
) -> pd.DataFrame:
    with progress_bar.delayed() as report:
        if all_images:
            return state.table_of_all(results.images, filters, report)
        return state.kept(segmented, filters)


def _scatter(results: Results, table: pd.DataFrame, plot: Plot) -> None:
    """A scatter plot in which a lasso selects cells."""
    key = f"{results.key}-plot"
    images = list(dict.fromkeys(table["image"]))

    def select() -> None:
        points = st.session_state[f"{key}-scatter"]["selection"]["points"]
        selection.select(results.key, plots.selected_cells(points, images), "plot")

    x, y = (plot.data.columns[-2], plot.data.columns[-1])
    _figure(key, results, f"{y} {x}", plot, frame.callback(select))
    st.caption("Draw around points to select their cells in the image and in the table.")


def _figure(
    key: str, results: Results, title: str, plot: Plot, on_select: Callable[[], None] | None = None
) -> None:
    """The figure, and below it the format in which it is saved, and its data."""
    slot = st.container()  # the figure comes first, close to the image
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Format saved by the camera button:", width="content")
        kind = st.segmented_control(
            "Format of the figure",
            plots.FORMATS,
            default="svg",
            required=True,
            format_func=str.upper,
            key=f"{key}-format",
            label_visibility="collapsed",
        )
        white = st.toggle(
            "White background",
            key=f"{key}-white",
            help="For papers: black text on white, whatever the theme of this page.",
        )
        st.space("stretch")
        name = slug(f"{results.name} {title}") or "plot"
        st.download_button(
            "Data, CSV",
            lambda: csv_bytes(plot.data),
            f"{name}.csv",
            "text/csv",
            key=f"{key}-data",
            on_click="ignore",
            icon=":material/download:",
        )
    with slot:
        st.plotly_chart(
            plots.on_white(plot.figure) if white else plot.figure,
            theme=None if white else "streamlit",
            config=plots.config(name, kind),
            alt=plot.alt,
            key=f"{key}-scatter" if on_select else f"{key}-figure",
            on_select=on_select or "ignore",
        )


def _summary(key: str, title: str, table: pd.DataFrame) -> None:
    """The summary statistics of each group."""
    st.markdown(f"**{plain(title)}**")
    table = table.reset_index(names="group")
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "group": st.column_config.TextColumn("", pinned=True),
            **{
                column: st.column_config.NumberColumn(
                    name, help=explanation, format="%d" if column == "n" else "%.5g"
                )
                for column, (name, explanation) in SUMMARY.items()
            },
        },
        key=f"{key}-summary",
        alt=f"Summary of {title}",
    )
