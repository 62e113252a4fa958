import pytest

from cellseg.recipes.pixels.recipe import RECIPE
from cellseg.ui.train import curves

LOSS, SCORES = RECIPE.panels


def rows(count, tested=True):
    made = []
    for epoch in range(1, count + 1):
        row = {"epoch": epoch, "loss": 1 / epoch, "pixel_accuracy": 0.5, "iou": 0.25, "dice": 0.4}
        if tested:
            row |= {f"val_{key}": value for key, value in row.items() if key != "epoch"}
        made.append(row)
    return made


def test_few_rows_are_kept_and_many_are_thinned_with_both_ends():
    assert curves.thinned(rows(3)) == rows(3)
    kept = curves.thinned(rows(1234), most=500)
    assert len(kept) == 500
    assert (kept[0]["epoch"], kept[-1]["epoch"]) == (1, 1234)
    epochs = [row["epoch"] for row in kept]
    assert epochs == sorted(set(epochs))


def test_each_measure_has_a_dashed_training_curve_and_a_solid_test_curve():
    option = curves.chart(rows(4), SCORES, epochs=40)
    assert [
        (
            series["name"],
            series["tooltip"]["valueFormatter"].removeprefix("%.3f "),
            series["lineStyle"]["type"],
        )
        for series in option["series"]
    ] == [
        ("Accuracy", "training", "dashed"),
        ("Accuracy", "test", "solid"),
        ("IoU", "training", "dashed"),
        ("IoU", "test", "solid"),
        ("Dice", "training", "dashed"),
        ("Dice", "test", "solid"),
    ]
    assert option["series"][3]["data"] == [[1, 0.25], [2, 0.25], [3, 0.25], [4, 0.25]]
    assert option["xAxis"]["max"] == 40
    assert option["animation"] is False


def test_a_score_that_is_undefined_leaves_a_gap():
    gap = [{**rows(1)[0], "loss": None, "val_loss": 0.5}, {"epoch": 2, "loss": 1.0}]
    option = curves.chart(gap, LOSS, epochs=2)
    assert [series["data"] for series in option["series"]] == [
        [[1, None], [2, 1.0]],
        [[1, 0.5], [2, None]],
    ]


def test_without_test_images_there_are_no_test_curves():
    option = curves.chart(rows(2, tested=False), LOSS, epochs=2)
    (series,) = option["series"]
    assert series["tooltip"]["valueFormatter"] == "%.3f training"
    assert series["lineStyle"]["type"] == "solid"


def test_no_epoch_yet_is_an_empty_chart_that_can_be_drawn():
    option = curves.chart([], LOSS, epochs=1)
    assert option["series"][0]["data"] == []
    assert option["xAxis"]["max"] == 2


@pytest.mark.parametrize(("panel", "lines"), [(SCORES, [0.8]), (LOSS, [])])
def test_the_majority_class_accuracy_is_one_line_of_the_accuracy(panel, lines):
    option = curves.chart(rows(3), panel, epochs=3, majority=0.8)
    marked = [series for series in option["series"] if "markLine" in series]
    assert [series["markLine"]["data"][0]["yAxis"] for series in marked] == lines
    assert all(series["name"] == "Accuracy" for series in marked)
    without = curves.chart(rows(3), panel, epochs=3)
    assert not any("markLine" in series for series in without["series"])


@pytest.mark.parametrize("zoom", [True, False])
def test_only_a_chart_that_can_be_zoomed_has_the_buttons_for_it(zoom):
    toolbox = curves.chart(rows(3), SCORES, epochs=3, zoom=zoom)["toolbox"]
    assert ("dataZoom" in toolbox.get("feature", {})) == zoom


def test_the_curves_in_words():
    assert curves.alt_text(rows(2), LOSS) == (
        "Learning curves after epoch 2: Loss training 0.500, Loss test 0.500"
    )
    assert curves.alt_text([], LOSS) == "Learning curves; no epoch has ended yet"
