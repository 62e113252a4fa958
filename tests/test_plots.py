import numpy as np
import pandas as pd
import pytest

from cellseg.ui.results import plots


@pytest.fixture
def table():
    """Six cells of two images; the last has no eccentricity."""
    return pd.DataFrame(
        {
            "image": ["a.png"] * 4 + ["b.png"] * 2,
            "label": [1, 2, 3, 4, 1, 7],
            "area": [10, 20, 30, 40, 50, 1000],
            "eccentricity": [0.1, 0.2, 0.3, 0.4, 0.5, np.nan],
        }
    )


def test_a_histogram_counts_every_cell_that_has_a_value(table):
    plot = plots.histogram(table, "eccentricity")
    assert plot.data[plots.ALL].sum() == 5
    assert plot.data["from"].iloc[0] == 0.1
    assert plot.data["to"].iloc[-1] == 0.5
    np.testing.assert_array_equal(plot.figure.data[0].y, plot.data[plots.ALL])
    assert plot.alt == "Histogram of Eccentricity of 5 cells"


def test_histograms_of_groups_share_their_bins_and_each_adds_up_to_one(table):
    plot = plots.histogram(table, "area", list(table["image"]))
    assert list(plot.data.columns) == ["from", "to", "a.png", "b.png"]
    assert plot.data[["a.png", "b.png"]].sum().tolist() == [4, 2]
    for line in plot.figure.data:
        assert sum(line.y[1:-1:2]) == pytest.approx(1)
    assert plot.figure.layout.xaxis.title.text == "Area (px²)"


def test_there_are_never_too_many_bins():
    values = np.r_[np.zeros(1000), np.random.default_rng(0).normal(size=5000), 1e4]
    table = pd.DataFrame({"image": "a", "label": np.arange(values.size), "area": values})
    assert len(plots.histogram(table, "area").data) == plots.MOST_BINS
    assert len(plots.histogram(table[:0], "area").data) == 1


def test_a_box_has_the_numbers_of_the_summary(table):
    plot = plots.boxes(table, "area")
    (box,) = plot.figure.data
    row = plot.data.iloc[0]
    assert (box.q1[0], box.median[0], box.q3[0]) == (22.5, 35, 47.5)
    assert (row["q1"], row["median"], row["q3"], row["n"]) == (22.5, 35, 47.5, 6)
    assert (box.lowerfence[0], box.upperfence[0]) == (10, 50)
    assert list(box.y[0]) == [1000]


def test_a_group_without_a_value_has_a_row_but_no_box(table):
    table.loc[4, "eccentricity"] = np.nan
    plot = plots.boxes(table, "eccentricity", list(table["image"]))
    assert [box.name for box in plot.figure.data] == ["a.png"]
    assert list(plot.data["n"]) == [4, 0]


def test_points_of_a_scatter_lead_back_to_their_cells(table):
    plot = plots.scatter(table, "area", "eccentricity", ["x", "y", "x", "x", "y", "y"])
    points = [
        {"customdata": row.tolist()} for trace in plot.figure.data for row in trace.customdata
    ]
    assert plots.selected_cells(points, ["a.png", "b.png"]) == [
        ("a.png", 1),
        ("a.png", 3),
        ("a.png", 4),
        ("a.png", 2),
        ("b.png", 1),
        ("b.png", 7),
    ]
    assert plots.selected_cells([{}, {"customdata": [9, 1]}, {"customdata": None}], ["a.png"]) == []
    assert list(plot.data.columns) == ["image", "group", "label", "area", "eccentricity"]


def test_chosen_cells_are_lit_in_their_groups(table):
    chosen = [("a.png", 3), ("b.png", 7)]
    plot = plots.scatter(table, "area", "area", list(table["image"]), chosen)
    assert [list(trace.selectedpoints) for trace in plot.figure.data] == [[2], [1]]
    assert plots.scatter(table, "area", "area").figure.data[0].selectedpoints is None


def test_many_points_are_drawn_by_the_graphics_card():
    many = plots.MOST_SVG + 1
    table = pd.DataFrame({"image": "a", "label": np.arange(many), "area": np.arange(many)})
    assert plots.scatter(table, "area", "label").figure.data[0].type == "scattergl"
    assert plots.scatter(table[:-1], "area", "label").figure.data[0].type == "scatter"


def test_counts_by_image_and_by_group():
    cells = {"x/a.png": 3, "x/b.png": 5, "y/c.png": 0}
    plot = plots.counts(cells)
    assert list(plot.figure.data[0].y) == [3, 5, 0]
    plot = plots.counts(cells, {name: name[0] for name in cells})
    assert list(plot.data["group"]) == ["x", "x", "y"]
    *groups, images = plot.figure.data
    assert [box.median[0] for box in groups] == [4, 0]
    assert list(images.y) == [3, 5, 0]


def test_a_figure_is_saved_in_the_chosen_format_and_on_white(table):
    assert plots.config("area", "png")["toImageButtonOptions"]["format"] == "png"
    figure = plots.histogram(table, "area").figure
    assert plots.on_white(figure).layout.paper_bgcolor == "white"
    assert figure.layout.paper_bgcolor is None
