"""Plots of the cells that pass the filters, their numbers, and how to take both along."""

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
from cellseg.ui.results import plots, state
from cellseg.ui.results.plots import Plot
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.viewer import selection
from cellseg.workspace import slug

KINDS = {
    "Histogram": ":material/bar_chart:",
    "Box plot": ":material/candlestick_chart:",
    "Scatter": ":material/scatter_plot:",
    "Counts": ":material/numbers:",
}
BYS: dict[str, GroupBy] = {"Folder": "folder", "Part of the name": "part", "Pattern": "pattern"}
SUMMARY = {
    "n": ("n", "Cells, or images, that have a value."),
    "mean": ("mean", "Sum of the values over n."),
    "sd": ("SD", "Standard deviation, over n - 1."),
    "min": ("min", "Lowest value."),
    "q1": ("Q1", "A quarter of the values lies below; interpolated between two values."),
    "median": ("median", "Half of the values lies below."),
    "q3": ("Q3", "Three quarters of the values lie below; interpolated between two values."),
    "max": ("max", "Highest value."),
}


def show(results: Results, segmented: SegmentedImage, filters: Filters) -> None:
    """Choose a plot; below it the summary, and picture and data to take along."""
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
        everywhere = several and (
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
        by = _by(key, kind) if everywhere else None
    x, y = _columns(results, kind)
    grouping = _grouping(key, results.names) if by == "Group" else None
    table = _table(results, segmented, filters, everywhere and kind != "Counts")
    groups = {name: grouping.group(name) if grouping else name for name in results.names}
    if kind == "Counts":
        with progress_bar.delayed() as tell:
            cells = state.counts(results.images, filters, tell)
        _dressed(key, results, "counts", plots.counted(cells, groups if grouping else None))
        parts = [groups[name] if grouping else "All images" for name in cells]
        _summed(key, "Cells in an image", summarise_groups(list(cells.values()), parts))
        return
    if not len(table):
        why = "No cell passes the filters" if filters.clauses() else "No cell was found"
        st.info(f"{why}; there is nothing to plot.", icon=":material/info:")
        return
    of = [groups[name] for name in table["image"]] if by else None
    if kind == "Scatter":
        chosen = selection.marked(results.key)
        _scattered(results, table, plots.scatter(table, x, y, of, chosen))
        return
    make: Callable[..., Plot] = plots.histogram if kind == "Histogram" else plots.boxes
    _dressed(key, results, f"{kind} {x}", make(table, x, of))
    order = list(dict.fromkeys(groups[name] for name in results.names)) if by else None
    _summed(key, heading(x), summarise_groups(table[x], of or [plots.ALL] * len(table), order))


def _by(key: str, kind: str) -> str | None:
    """What the cells are parted by: their image, their group, or nothing."""
    ways = ["Image", "Group"] if kind == "Counts" else ["All together", "Image", "Group"]
    by = st.segmented_control(
        "By", ways, default=ways[0], required=True, key=f"{key}-by-{len(ways)}"
    )
    return None if by == "All together" else by


def _columns(results: Results, kind: str) -> tuple[str, str]:
    """The columns that are plotted; their definitions are one hover away."""
    key, columns = f"{results.key}-plot", results.columns
    if kind == "Counts":
        return columns[0], columns[0]
    left, right = st.columns(2)
    with left:
        x = st.selectbox(
            "Across" if kind == "Scatter" else "Column",
            columns,
            format_func=heading,
            key=f"{key}-x",
            help=_meaning(f"{key}-x", columns[0]),
        )
    if kind != "Scatter":
        return x, x
    with right:
        start = columns.index("eccentricity")
        y = st.selectbox(
            "Up",
            columns,
            start,
            format_func=heading,
            key=f"{key}-y",
            help=_meaning(f"{key}-y", columns[start]),
        )
    return x, y


def _meaning(key: str, first: str) -> str:
    """The definition of the column that is chosen in a box."""
    return definition(st.session_state.get(key) or first)


def _grouping(key: str, names: list[str]) -> Grouping:
    """How the groups follow from the names, with what comes of it."""
    folders = any("/" in name for name in names)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            way = st.selectbox(
                "Groups from",
                list(BYS),
                index=0 if folders else 1,
                key=f"{key}-group-by",
                width=220,
            )
            asked: dict[str, object] = {"by": BYS[way]}
            if way == "Part of the name":
                asked["separator"] = st.text_input(
                    "Parted by", "_", key=f"{key}-separator", width=120, max_chars=20
                )
                asked["position"] = st.number_input(
                    "Part",
                    -20,
                    20,
                    1,
                    key=f"{key}-position",
                    width=160,
                    help="1 is the first part of the name, -1 the last.",
                )
            if way == "Pattern":
                asked["pattern"] = st.text_input(
                    "Pattern",
                    "{}_*",
                    key=f"{key}-pattern",
                    width=320,
                    max_chars=200,
                    help="The whole name without its ending: `*` stands for anything, `?` for one "
                    "character, and `{}` for the group, as in `day1_{}_*`.",
                )
        try:
            grouping = checked(Grouping, **asked)
        except CellsegError as error:
            st.warning(plain(str(error)), icon=":material/warning:")
            grouping = Grouping()
        found = pd.Series([grouping.group(name) for name in names]).value_counts(sort=False)
        said = [f"{plain(str(name))} ({count(int(n), 'image')})" for name, n in found.items()]
        st.caption(", ".join(said[:12]) + (f" and {len(said) - 12} more" if len(said) > 12 else ""))
    return grouping


def _table(
    results: Results, segmented: SegmentedImage, filters: Filters, everywhere: bool
) -> pd.DataFrame:
    with progress_bar.delayed() as tell:
        if everywhere:
            return state.joined(results.images, filters, tell)
        return state.kept(segmented, filters)


def _scattered(results: Results, table: pd.DataFrame, plot: Plot) -> None:
    """A scatter plot in which a lasso lights cells."""
    key = f"{results.key}-plot"
    images = list(dict.fromkeys(table["image"]))

    def lassoed() -> None:
        points = st.session_state[f"{key}-scatter"]["selection"]["points"]
        selection.light(results.key, plots.selected(points, images), "plot")

    x, y = (plot.data.columns[-2], plot.data.columns[-1])
    _dressed(key, results, f"{y} {x}", plot, frame.callback(lassoed))
    st.caption("Draw around points to light their cells in the picture and in the table.")


def _dressed(
    key: str, results: Results, title: str, plot: Plot, on_select: Callable[[], None] | None = None
) -> None:
    """The figure, and below it in which format its camera saves it and its data."""
    slot = st.container()  # the figure comes first, close to the picture of the cells
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The camera above saves", width="content")
        kind = st.segmented_control(
            "The camera above saves",
            plots.FORMATS,
            default="svg",
            required=True,
            format_func=str.upper,
            key=f"{key}-format",
            label_visibility="collapsed",
        )
        white = st.toggle(
            "Black on white",
            key=f"{key}-white",
            help="For papers: the figure without the colours of this page.",
        )
        st.space("stretch")
        name = slug(f"{results.name} {title}") or "plot"
        st.download_button(
            "Data, CSV",
            lambda: plot.data.to_csv(index=False, lineterminator="\n").encode(),
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


def _summed(key: str, title: str, table: pd.DataFrame) -> None:
    """The summary of every group, to look at and as a file."""
    st.markdown(f"**{plain(title)}**")
    table = table.reset_index(names="group")
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "group": st.column_config.TextColumn("", pinned=True),
            **{
                column: st.column_config.NumberColumn(
                    name, help=meaning, format="%d" if column == "n" else "%.5g"
                )
                for column, (name, meaning) in SUMMARY.items()
            },
        },
        key=f"{key}-summary",
        alt=f"Summary of {title}",
    )
