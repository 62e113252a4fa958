import numpy as np

from cellseg.datasets.statistics import Histogram
from cellseg.ui.datasets import card_charts


def test_diameters_are_counted_and_their_median_is_drawn():
    figure = card_charts.diameters(np.array([10.0, 10, 12, 30]), "µm")
    assert sum(figure.data[0].y) == 4
    assert figure.layout.shapes[0].x0 == 11
    assert figure.layout.xaxis.title.text == "Diameter, µm"


def test_one_diameter_is_a_histogram_too():
    assert sum(card_charts.diameters(np.array([10.0])).data[0].y) == 1


def test_few_counts_have_a_bar_each():
    figure = card_charts.per_image([3, 3, 5])
    assert list(figure.data[0].x) == [3, 4, 5]
    assert list(figure.data[0].y) == [2, 0, 1]
    assert len(card_charts.per_image([0, 500]).data[0].x) == card_charts.BINS


def test_intensities_are_shares_of_each_channel():
    edges = (0.0, 128.0, 256.0)
    made = [
        Histogram(dtype="uint8", channel=channel, edges=edges, counts=(1, 3))
        for channel in ("red", "green", "blue")
    ]
    figure = card_charts.intensities(made)
    assert [curve.name for curve in figure.data] == ["Red", "Green", "Blue"]
    assert list(figure.data[0].x) == [64, 192]
    assert list(figure.data[0].y) == [0.25, 0.75]
    assert figure.layout.showlegend
    assert not card_charts.intensities(made[:1]).layout.showlegend
