"""Learning curves: ECharts for what is live, Plotly for what has ended. Pure functions."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

MOST_POINTS = 500
"""The most points of one curve; more cannot be told apart and cost the browser time."""

HEIGHT = 310
LOSS = {"Loss": "loss"}
SCORES = {"Accuracy": "pixel_accuracy", "IoU": "iou", "Dice": "dice"}
CELLS = {"AP": "ap", "Count error": "count_error", "IoU": "iou", "Dice": "dice"}
"""Scores of the recipe `cells`, on validation images alone."""

COLOURS = {
    "Loss": "#1B8AA8",
    "Accuracy": "#8A6FC9",
    "AP": "#8A6FC9",
    "Count error": "#B5566B",
    "IoU": "#D9772B",
    "Dice": "#1B8AA8",
}
"""Legible on a light and on a dark page, and apart for colour-blind eyes."""

Row = dict[str, Any]


def thinned(rows: Sequence[Row], most: int = MOST_POINTS) -> list[Row]:
    """At most `most` rows, evenly chosen, always with the first and the last."""
    if len(rows) <= most:
        return list(rows)
    step = (len(rows) - 1) / (most - 1)
    return [rows[round(index * step)] for index in range(most)]


def live(rows: Sequence[Row], measures: dict[str, str], epochs: int) -> dict[str, Any]:
    """An ECharts option of training (dashed) and test (solid) curves over the epochs.

    Parameters
    ----------
    rows : one for each epoch, see `Run.metrics`.
    measures : title and key of each measure.
    epochs : how many are planned: the axis keeps its length while the curves grow.
    """
    rows = thinned(rows)
    series = []
    for title, key, part, dashed in _curves(rows, measures):
        series.append(
            {
                "name": f"{title}, {part}",
                "type": "line",
                "connectNulls": True,  # of epochs that were not scored
                "data": [[row["epoch"], _rounded(row.get(key))] for row in rows],
                "symbol": "circle" if len(rows) < 3 else "none",
                "color": COLOURS[title],
                "lineStyle": {
                    "width": 1.5 if dashed else 2.5,
                    "type": "dashed" if dashed else "solid",
                },
            }
        )
    scores = measures is not LOSS
    return {
        "animation": False,
        "grid": {"left": 4, "right": 16, "top": 12, "bottom": 54},
        "legend": {
            "icon": "inherit",
            "itemStyle": {"opacity": 0},
            "bottom": 0 if scores else 20,
            "left": 0,
            "padding": 0,
            "itemWidth": 26,
            "itemGap": 12,
        },
        "tooltip": {"trigger": "axis", "valueFormatter": "%.3f"},
        "xAxis": {
            "type": "value",
            "name": "Epoch",
            "nameLocation": "middle",
            "nameGap": 24,
            "min": 1,
            "max": max(epochs, 2),
            "minInterval": 1,
            "splitLine": {"show": False},
        },
        "yAxis": {"type": "value", "min": 0, **({"max": 1} if scores or not rows else {})},
        "series": series,
    }


def ended(
    rows: Sequence[Row], measures: dict[str, str], majority: float | None = None
) -> go.Figure:
    """The same curves as a Plotly figure to zoom into; its legend names each measure once.

    Parameters
    ----------
    majority : accuracy of calling every pixel the commoner class, drawn as a line to beat.
    """
    rows = thinned(rows)
    epochs = [row["epoch"] for row in rows]
    tested = any(row.get("val_loss") is not None for row in rows)
    figure = go.Figure()
    for title, key, part, dashed in _curves(rows, measures):
        figure.add_scatter(
            x=epochs,
            y=[row.get(key) for row in rows],
            name=title,
            legendgroup=title,
            showlegend=not (dashed and tested),
            mode="lines" if len(rows) > 2 else "lines+markers",
            connectgaps=True,
            line={
                "color": COLOURS[title],
                "width": 1.5 if dashed else 2.5,
                "dash": "dash" if dashed else "solid",
            },
            hovertemplate=f"{title}, {part}: %{{y:.3f}}<extra></extra>",
        )
    if majority is not None:
        figure.add_scatter(
            x=[epochs[0], epochs[-1]],
            y=[majority, majority],
            name="To beat",
            mode="lines",
            line={"color": COLOURS["Accuracy"], "width": 1.5, "dash": "dot"},
            hovertemplate="Accuracy to beat: %{y:.3f}<extra></extra>",
        )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 36, "r": 12, "t": 8, "b": 84, "autoexpand": False},
        hovermode="x unified",
        showlegend=measures is not LOSS,
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0},
        xaxis={"title": {"text": "Epoch", "standoff": 8}, "showgrid": False},
        yaxis={"rangemode": "tozero", **({"range": [0, 1.02]} if measures is not LOSS else {})},
    )
    return figure


def described(rows: Sequence[Row], measures: dict[str, str]) -> str:
    """The curves in words, for those who do not see them."""
    if not rows:
        return "Learning curves; no epoch has ended yet"
    last = rows[-1]
    said = [
        f"{title} {part} {last[key]:.3f}"
        for title, key, part, _ in _curves(rows, measures)
        if last.get(key) is not None
    ]
    return f"Learning curves after epoch {last['epoch']}: {', '.join(said)}"


def _curves(rows: Sequence[Row], measures: dict[str, str]) -> list[tuple[str, str, str, bool]]:
    """Title, key, part of the data and whether dashed; test curves only where there are any."""
    if measures is CELLS:
        return [(title, f"val_{key}", "validation", False) for title, key in measures.items()]
    tested = any(row.get("val_loss") is not None for row in rows)
    curves = []
    for title, key in measures.items():
        curves.append((title, key, "train", True))
        if tested:
            curves.append((title, f"val_{key}", "test", False))
    return curves


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
