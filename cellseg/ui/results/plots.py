"""Plots of measured cells: Plotly figure, data and alternative text. Pure functions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cellseg.analysis.columns import heading
from cellseg.analysis.groups import summarise_groups
from cellseg.ui.shell.formatting import count

HEIGHT = 400
MOST_SVG = 4000
"""Points of a scatter plot drawn as SVG, which is saved as vectors; more are drawn by WebGL."""

MOST_BINS = 60
COLOURS = ("#1B8AA8", "#D9772B", "#8A6FC9", "#4E9A3E", "#C2508E")
"""Legible on light and dark pages; from the sixth group on, markers differ in their shape."""

SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "cross")
ALL = "All cells"
Format = Literal["svg", "png"]
FORMATS: tuple[Format, ...] = ("svg", "png")


@dataclass(frozen=True, eq=False)
class Plot:
    """A figure, the numbers that it shows, and its alternative text."""

    figure: go.Figure
    data: pd.DataFrame
    alt: str


def histogram(table: pd.DataFrame, column: str, by: Sequence[str] | None = None) -> Plot:
    """Histogram of a measurement; with several groups as fractions of each group.

    Parameters
    ----------
    table : of cells. by : the group of each row; None for one histogram of all rows.
    """
    values = table[column].to_numpy(float)
    known = np.isfinite(values)
    edges = _edges(values[known])
    figure = go.Figure()
    data = pd.DataFrame({"from": edges[:-1], "to": edges[1:]})
    groups = _groups(by, len(table))
    several = len(groups) > 1
    for name, rows in groups.items():
        found, _ = np.histogram(values[rows & known], edges)
        data[name] = found
        shown = found / max(1, found.sum()) if several else found
        if several:
            x, y = _steps(edges, shown)
            figure.add_scatter(x=x, y=y, name=name, mode="lines", line={"width": 2.5})
        else:
            middles, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
            figure.add_bar(x=middles, y=shown, width=widths, name=name)
    figure.update_layout(bargap=0.02)
    _set_layout(figure, heading(column), "Fraction of cells" if several else "Cells", several)
    figure.update_yaxes(rangemode="tozero", **({"tickformat": ".0%"} if several else {}))
    return Plot(
        figure, data, f"Histogram of {heading(column)} of {count(int(known.sum()), 'cell')}"
    )


def boxes(table: pd.DataFrame, column: str, by: Sequence[str] | None = None) -> Plot:
    """A box for each group: median, quartiles, mean (dashed), and outliers as dots.

    Quartiles as in `cellseg.analysis.groups.summarise_groups`; the whiskers end at the last cells
    within 1.5 times the interquartile range (Tukey 1977).
    """
    values = table[column].to_numpy(float)
    groups = _groups(by, len(table))
    names = list(by) if by is not None else [ALL] * len(table)
    sums = summarise_groups(values, names, list(groups))
    figure = go.Figure()
    for name, rows in groups.items():
        found = values[rows]
        found = found[np.isfinite(found)]
        if not found.size:
            continue
        row = sums.loc[name]
        reach = 1.5 * (row["q3"] - row["q1"])
        inside = found[(found >= row["q1"] - reach) & (found <= row["q3"] + reach)]
        outside = found[(found < row["q1"] - reach) | (found > row["q3"] + reach)]
        figure.add_box(
            x=[name],
            name=name,
            q1=[row["q1"]],
            median=[row["median"]],
            q3=[row["q3"]],
            mean=[row["mean"]],
            lowerfence=[inside.min()],
            upperfence=[inside.max()],
            y=[outside.tolist()] if outside.size else None,
            boxpoints="outliers" if outside.size else False,
            marker={"size": 4},
        )
    _set_layout(figure, "", heading(column), False)
    figure.update_xaxes(type="category")
    sums.insert(0, "group", sums.index)
    alt = f"Box plot of {heading(column)} of {count(len(groups), 'group')}"
    return Plot(figure, sums.reset_index(drop=True), alt)


def scatter(
    table: pd.DataFrame,
    x: str,
    y: str,
    by: Sequence[str] | None = None,
    highlighted: Collection[tuple[str, int]] = (),
) -> Plot:
    """A dot for each cell; `selected_cells` returns those in a lasso.

    Parameters
    ----------
    highlighted : image and label of cells; the others are faded, unless it is empty.
    """
    several = _groups(by, len(table))
    shown = set(highlighted)
    numbers = pd.factorize(table["image"])[0]
    places = np.stack([numbers, table["label"].to_numpy(np.int64)], axis=1)
    figure = go.Figure()
    kind = go.Scatter if len(table) <= MOST_SVG else go.Scattergl
    for index, (name, rows) in enumerate(several.items()):
        part = table[rows]
        pairs = zip(part["image"], part["label"], strict=True)
        indices = [place for place, pair in enumerate(pairs) if pair in shown] if shown else None
        figure.add_trace(
            kind(
                x=part[x].to_numpy(float),
                y=part[y].to_numpy(float),
                customdata=places[rows],
                name=name,
                mode="markers",
                marker={"size": 7, "opacity": 0.75, "symbol": _symbol(index)},
                selectedpoints=indices,
                unselected={"marker": {"opacity": 0.15}},
                hovertemplate=f"Cell %{{customdata[1]}}<br>{heading(x)}: %{{x:.5~g}}<br>"
                f"{heading(y)}: %{{y:.5~g}}"
                "<extra></extra>",
            )
        )
    _set_layout(figure, heading(x), heading(y), len(several) > 1)
    figure.update_layout(dragmode="lasso", hovermode="closest")
    data = table[list(dict.fromkeys(["image", "label", x, y]))].copy()
    if by is not None:
        data.insert(1, "group", list(by))
    return Plot(figure, data, f"{heading(y)} against {heading(x)} of {count(len(table), 'cell')}")


def selected_cells(
    points: Sequence[Mapping[str, Any]], images: Sequence[str]
) -> list[tuple[str, int]]:
    """Image and label of the points of a Plotly selection; malformed points are ignored.

    Parameters
    ----------
    images : the unique images of the table, in its order.
    """
    found = []
    for point in points:
        place = point.get("customdata")
        if isinstance(place, Mapping):  # Plotly may send an object with numbered keys
            place = [place.get("0"), place.get("1")]
        if isinstance(place, Sequence) and len(place) == 2 and None not in place:
            number, label = int(place[0]), int(place[1])
            if 0 <= number < len(images):
                found.append((images[number], label))
    return found


def counts(cells: Mapping[str, int], groups: Mapping[str, str] | None = None) -> Plot:
    """The number of cells of each image as bars; with groups as dots on a box for each group.

    Parameters
    ----------
    cells : of each image. groups : the group of each image.
    """
    data = pd.DataFrame({"image": list(cells), "cells": list(cells.values())})
    if groups is None:
        figure = go.Figure(go.Bar(x=data["image"], y=data["cells"], name="Cells"))
        _set_layout(figure, "", "Cells", False)
        figure.update_xaxes(type="category")
        return Plot(figure, data, f"Number of cells of each of {count(len(cells), 'image')}")
    data.insert(1, "group", [groups[image] for image in cells])
    plot = boxes(data.rename(columns={"cells": "label"}), "label", list(data["group"]))
    figure = plot.figure
    for trace in figure.data:
        trace.update(boxpoints=False, y=None, showlegend=False)
    figure.add_scatter(
        x=data["group"],
        y=data["cells"],
        text=data["image"],
        mode="markers",
        name="Images",
        marker={"size": 8, "opacity": 0.8},
        hovertemplate="%{text}<br>%{y} cells<extra></extra>",
    )
    figure.update_yaxes(title="Cells per image", rangemode="tozero")
    return Plot(figure, data, f"Number of cells of the images of {count(len(plot.data), 'group')}")


def config(name: str, kind: Format) -> dict[str, Any]:
    """The configuration of Plotly to save a figure as SVG, or as PNG at three times its size."""
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "toImageButtonOptions": {"format": kind, "filename": name, "scale": 3},
    }


def on_white(figure: go.Figure) -> go.Figure:
    """The figure in black on white, whatever the theme of the page."""
    return go.Figure(figure).update_layout(template="simple_white", paper_bgcolor="white")


def _groups(by: Sequence[str] | None, rows: int) -> dict[str, np.ndarray]:
    """The rows of each group as masks, in order of first appearance."""
    if by is None:
        return {ALL: np.ones(rows, bool)}
    codes, names = pd.factorize(pd.Series(list(by), dtype=object))
    return {str(name): codes == number for number, name in enumerate(names)}


def _edges(values: np.ndarray) -> np.ndarray:
    """Bin edges by Freedman & Diaconis 1981 and Sturges 1926, at most MOST_BINS bins."""
    if not values.size:
        return np.array([0.0, 1.0])
    edges = np.histogram_bin_edges(values, "auto")
    if len(edges) > MOST_BINS + 1:
        edges = np.histogram_bin_edges(values, MOST_BINS)
    return edges


def _steps(edges: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = np.repeat(edges, 2)
    return x, np.concatenate([[0.0], np.repeat(heights, 2), [0.0]])


def _symbol(index: int) -> str:
    return SYMBOLS[index // len(COLOURS) % len(SYMBOLS)]


def _set_layout(figure: go.Figure, x: str, y: str, legend: bool) -> None:
    figure.update_layout(
        height=HEIGHT,
        colorway=COLOURS,
        margin={"l": 12, "r": 12, "t": 36, "b": 12},
        showlegend=legend,
        xaxis={"title": {"text": x}, "automargin": True},
        yaxis={"title": {"text": y}, "automargin": True},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )
