"""Learning curves: ECharts for what is live, Plotly for what has ended. Pure functions."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from cellseg.recipes.curves import (
    Curve,
    Panel,
    Row,
    last_values,
)

MOST_POINTS = 500
"""The most points of one curve; more cannot be told apart and cost the browser time."""

HEIGHT = 310
COLOURS = {
    "Loss": "#1B8AA8",
    "Accuracy": "#8A6FC9",
    "AP": "#8A6FC9",
    "Count error": "#B5566B",
    "IoU": "#D9772B",
    "Dice": "#1B8AA8",
}
"""By measure: legible on a light and on a dark page, and apart for colour-blind eyes."""

OTHER = "#6E7781"
"""Of measures without a colour of their own."""


def thinned(rows: Sequence[Row], most: int = MOST_POINTS) -> list[Row]:
    """At most `most` rows, evenly chosen, always with the first and the last."""
    if len(rows) <= most:
        return list(rows)
    step = (len(rows) - 1) / (most - 1)
    return [rows[round(index * step)] for index in range(most)]


def live(rows: Sequence[Row], panel: Panel, epochs: int) -> dict[str, Any]:
    """An ECharts option of training (dashed) and other (solid) curves over the epochs.

    Parameters
    ----------
    rows : one for each epoch, see `Run.metrics`.
    epochs : how many are planned: the axis keeps its length while the curves grow.
    """
    rows = thinned(rows)
    series = []
    for curve in drawn(rows, panel):
        dashed = is_dashed(curve, panel)
        series.append(
            {
                "name": curve.title,
                "type": "line",
                "connectNulls": True,  # of epochs that were not scored
                "data": [[row["epoch"], _rounded(row.get(curve.key))] for row in rows],
                "symbol": "circle" if len(rows) < 3 else "none",
                "color": COLOURS.get(curve.measure, OTHER),
                "lineStyle": {
                    "width": 1.5 if dashed else 2.5,
                    "type": "dashed" if dashed else "solid",
                },
            }
        )
    return {
        "animation": False,
        "grid": {"left": 4, "right": 16, "top": 12, "bottom": 54},
        "legend": {
            "icon": "inherit",
            "itemStyle": {"opacity": 0},
            "bottom": 0 if panel.bounded else 20,
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
        "yAxis": {"type": "value", "min": 0, **({"max": 1} if panel.bounded or not rows else {})},
        "series": series,
    }


def ended(rows: Sequence[Row], panel: Panel, majority: float | None = None) -> go.Figure:
    """The same curves as a Plotly figure to zoom into; its legend names each measure once.

    Parameters
    ----------
    majority : accuracy of calling every pixel the commoner class, drawn as a baseline.
    """
    rows = thinned(rows)
    epochs = [row["epoch"] for row in rows]
    curves = drawn(rows, panel)
    solid = {curve.measure for curve in curves if not is_dashed(curve, panel)}
    figure = go.Figure()
    for curve in curves:
        dashed = is_dashed(curve, panel)
        figure.add_scatter(
            x=epochs,
            y=[row.get(curve.key) for row in rows],
            name=curve.measure,
            legendgroup=curve.measure,
            showlegend=not (dashed and curve.measure in solid),
            mode="lines" if len(rows) > 2 else "lines+markers",
            connectgaps=True,
            line={
                "color": COLOURS.get(curve.measure, OTHER),
                "width": 1.5 if dashed else 2.5,
                "dash": "dash" if dashed else "solid",
            },
            hovertemplate=f"{curve.title}: %{{y:.3f}}<extra></extra>",
        )
    if majority is not None and panel.baseline:
        figure.add_scatter(
            x=[epochs[0], epochs[-1]],
            y=[majority, majority],
            name="Majority class",
            mode="lines",
            line={"color": COLOURS.get(panel.baseline, OTHER), "width": 1.5, "dash": "dot"},
            hovertemplate="Majority-class accuracy: %{y:.3f}<extra></extra>",
        )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 36, "r": 12, "t": 8, "b": 84, "autoexpand": False},
        hovermode="x unified",
        showlegend=panel.bounded,
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0},
        xaxis={"title": {"text": "Epoch", "standoff": 8}, "showgrid": False},
        yaxis={"rangemode": "tozero", **({"range": [0, 1.02]} if panel.bounded else {})},
    )
    return figure


def described(rows: Sequence[Row], panel: Panel) -> str:
    """The curves in words, for those who do not see them."""
    if not rows:
        return "Learning curves; no epoch has ended yet"
    said = [
        f"{curve.measure} {curve.part} {value:.3f}"
        for curve, value in last_values(rows, drawn(rows, panel))
    ]
    return f"Learning curves after epoch {rows[-1]['epoch']}: {', '.join(said)}"


def drawn(rows: Sequence[Row], panel: Panel) -> list[Curve]:
    """The curves of a panel that have values; before the first epoch those of training."""
    if not rows:
        return [curve for curve in panel.curves if curve.part != "test"]
    return [curve for curve in panel.curves if any(row.get(curve.key) is not None for row in rows)]


def is_dashed(curve: Curve, panel: Panel) -> bool:
    """Whether a curve stands beside one of the same measure on other images."""
    measured = {other.part for other in panel.curves if other.measure == curve.measure}
    return curve.part == "training" and len(measured) > 1


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
