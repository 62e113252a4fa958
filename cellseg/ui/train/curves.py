"""Learning curves as options of ECharts. Pure functions."""

from collections.abc import Sequence
from typing import Any

from cellseg.recipes.curves import (
    Curve,
    Panel,
    Row,
    last_values,
)

MAX_POINTS = 500
"""Points of a curve; more cannot be distinguished and slow down the browser."""

HEIGHT = 310
COLOURS = {
    "Loss": "#1B8AA8",
    "Accuracy": "#8A6FC9",
    "AP": "#8A6FC9",
    "Count error": "#B5566B",
    "IoU": "#D9772B",
    "Dice": "#1B8AA8",
}
"""Colours by measure: legible on light and dark pages, and safe for colour-blind people."""

OTHER_COLOUR = "#6E7781"
"""Colour of measures without a colour of their own."""


def thinned(rows: Sequence[Row], most: int = MAX_POINTS) -> list[Row]:
    """At most `most` rows, evenly spaced, with the first and the last."""
    if len(rows) <= most:
        return list(rows)
    step = (len(rows) - 1) / (most - 1)
    return [rows[round(index * step)] for index in range(most)]


def chart(
    rows: Sequence[Row],
    panel: Panel,
    epochs: int,
    *,
    majority: float | None = None,
    zoom: bool = False,
) -> dict[str, Any]:
    """The curves of a panel over the epochs: solid on test or validation, dashed on training data.

    Curves of one measure share their name, so that the legend has one entry for each measure.

    Parameters
    ----------
    rows : one for each epoch, see `Run.metrics`.
    epochs : end of the horizontal axis; the planned epochs of a run that trains.
    majority : accuracy of the majority class, drawn as a horizontal baseline.
    zoom : whether the user can zoom into the chart. New data resets the zoom, so this is for runs
        that have ended.
    """
    rows = thinned(rows)
    curves = drawn(rows, panel)
    solid = [curve for curve in curves if not is_dashed(curve, curves)]
    return {
        "animation": False,
        "grid": {"left": 4, "right": 16, "top": 28 if zoom else 12, "bottom": 34},
        "legend": {
            "show": panel.bounded,
            "icon": "inherit",
            "itemStyle": {"opacity": 0},
            "lineStyle": {"type": "solid"},
            "bottom": 0,
            "left": 0,
            "padding": 0,
            "itemWidth": 26,
            "itemGap": 12,
        },
        "tooltip": {"trigger": "axis"},
        "toolbox": _zoom_buttons() if zoom else {"show": False},
        "xAxis": {
            "type": "value",
            "name": "Epoch",
            "nameLocation": "middle",
            "nameGap": 24,
            "min": 1,
            "max": max(epochs, 2),
            "minInterval": 1,
            "splitLine": {"show": False},
            "axisPointer": {"label": {"formatter": "Epoch {value}", "precision": 0}},
        },
        "yAxis": {"type": "value", "min": 0, **({"max": 1} if panel.bounded or not rows else {})},
        "series": [
            _series(
                curve,
                rows,
                dashed=curve not in solid,
                majority=majority if curve.measure == panel.baseline and curve in solid else None,
            )
            for curve in curves
        ],
    }


def _series(
    curve: Curve, rows: Sequence[Row], *, dashed: bool, majority: float | None
) -> dict[str, Any]:
    colour = COLOURS.get(curve.measure, OTHER_COLOUR)
    series = {
        "name": curve.measure,
        "type": "line",
        "connectNulls": True,  # epochs without a validation
        "data": [[row["epoch"], _rounded(row.get(curve.key))] for row in rows],
        "symbol": "circle" if len(rows) < 3 else "none",
        "color": colour,
        "lineStyle": {
            "width": 1.5 if dashed else 2.5,
            "type": "dashed" if dashed else "solid",
        },
        "tooltip": {"valueFormatter": f"%.3f {curve.part}"},
    }
    if majority is not None:
        series["markLine"] = _baseline(majority, colour)
    return series


def _baseline(majority: float, colour: str) -> dict[str, Any]:
    """A dotted horizontal line with a label."""
    return {
        "silent": True,
        "symbol": "none",
        "data": [{"yAxis": _rounded(majority)}],
        "lineStyle": {"color": colour, "type": "dotted", "width": 1.5},
        "label": {
            "formatter": f"Majority-class accuracy {majority:.3f}",
            "position": "insideEndBottom",
        },
    }


def _zoom_buttons() -> dict[str, Any]:
    """Buttons to zoom by drawing a rectangle, to zoom back, and to reset the chart."""
    return {
        "right": 12,
        "top": 0,
        "itemSize": 13,
        "feature": {
            "dataZoom": {"title": {"zoom": "Zoom in: drag a rectangle", "back": "Zoom back"}},
            "restore": {"title": "Reset"},
        },
    }


def alt_text(rows: Sequence[Row], panel: Panel) -> str:
    """The curves in words, as the alternative text of the chart."""
    if not rows:
        return "Learning curves; no epoch has ended yet"
    values = [
        f"{curve.measure} {curve.part} {value:.3f}"
        for curve, value in last_values(rows, drawn(rows, panel))
    ]
    return f"Learning curves after epoch {rows[-1]['epoch']}: {', '.join(values)}"


def drawn(rows: Sequence[Row], panel: Panel) -> list[Curve]:
    """The curves of a panel that have values; before the first epoch those of training data."""
    if not rows:
        return [curve for curve in panel.curves if curve.part != "test"]
    return [curve for curve in panel.curves if any(row.get(curve.key) is not None for row in rows)]


def is_dashed(curve: Curve, curves: Sequence[Curve]) -> bool:
    """Whether a curve on training data stands beside one of the same measure on other data."""
    parts = {other.part for other in curves if other.measure == curve.measure}
    return curve.part == "training" and len(parts) > 1


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
