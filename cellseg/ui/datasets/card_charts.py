"""The histograms of a dataset's summary: pure functions that return Plotly figures."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cellseg.datasets.statistics import Histogram

HEIGHT = 240
BINS = 40
OBJECTS = "#1B8AA8"
CHANNELS = {"grey": "#7C8A97", "red": "#C8413B", "green": "#3F8F3A", "blue": "#3B74C8"}
"""Legible on a light and on a dark page."""


def diameters(values: NDArray[np.float64], unit: str = "pixels") -> go.Figure:
    """Histogram of the diameters of objects, with the median as a dotted line.

    Parameters
    ----------
    values : diameters of at least one object, in `unit`.
    """
    counts, edges = np.histogram(values, BINS)
    figure = _bars(counts, edges, OBJECTS, "objects")
    median = float(np.median(values))
    figure.add_vline(x=median, line={"color": "#D9772B", "width": 2, "dash": "dot"})
    return _with_layout(figure, f"Diameter, {unit}", "Objects")


def per_image(counts: list[int]) -> go.Figure:
    """Histogram of the number of objects per image."""
    one_bin_each = max(counts) - min(counts) < BINS
    bins = np.arange(min(counts) - 0.5, max(counts) + 1) if one_bin_each else BINS
    images, edges = np.histogram(counts, bins)
    figure = _with_layout(_bars(images, edges, OBJECTS, "images"), "Objects per image", "Images")
    if max(counts) - min(counts) < 10:
        figure.update_xaxes(dtick=1)
    return figure


def intensities(histograms: list[Histogram]) -> go.Figure:
    """Histograms of grey values, one curve for each channel.

    Parameters
    ----------
    histograms : at least one, all of images of the same dtype.
    """
    figure = go.Figure()
    for histogram in histograms:
        edges, counts = np.array(histogram.edges), np.array(histogram.counts)
        fraction = counts / max(1, counts.sum())
        figure.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2,
            y=fraction,
            name=histogram.channel.capitalize(),
            mode="lines",
            line={"color": CHANNELS[histogram.channel], "width": 2, "shape": "hvh"},
            fill="tozeroy" if len(histograms) == 1 else None,
            hovertemplate="%{x:.0f}: %{y:.1%}",
        )
    figure.update_yaxes(tickformat=".0%")
    return _with_layout(figure, "Grey value", "Fraction of pixels", legend=len(histograms) > 1)


def _bars(counts: NDArray, edges: NDArray, colour: str, noun: str) -> go.Figure:
    middles = (edges[:-1] + edges[1:]) / 2
    return go.Figure(
        go.Bar(
            x=middles,
            y=counts,
            width=np.diff(edges),
            marker={"color": colour, "line": {"width": 0}},
            customdata=np.stack([edges[:-1], edges[1:]], axis=-1),
            hovertemplate="%{customdata[0]:.1f} to %{customdata[1]:.1f}: %{y} "
            + noun
            + "<extra></extra>",
        )
    )


def _with_layout(figure: go.Figure, x: str, y: str, legend: bool = False) -> go.Figure:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 56, "r": 8, "t": 8, "b": 48},
        bargap=0.05,
        showlegend=legend,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        xaxis={"title": {"text": x, "standoff": 8}, "showgrid": False, "zeroline": False},
        yaxis={"title": {"text": y}, "rangemode": "tozero"},
    )
    return figure
