import pytest

from cellseg.ui import charts


def rows(count, tested=True):
    made = []
    for epoch in range(1, count + 1):
        row = {"epoch": epoch, "loss": 1 / epoch, "pixel_accuracy": 0.5, "iou": 0.25, "dice": 0.4}
        if tested:
            row |= {f"val_{key}": value for key, value in row.items() if key != "epoch"}
        made.append(row)
    return made


def test_few_rows_are_kept_and_many_are_thinned_with_both_ends():
    assert charts.thinned(rows(3)) == rows(3)
    kept = charts.thinned(rows(1234), most=500)
    assert len(kept) == 500
    assert (kept[0]["epoch"], kept[-1]["epoch"]) == (1, 1234)
    epochs = [row["epoch"] for row in kept]
    assert epochs == sorted(set(epochs))


def test_live_curves_have_train_and_test():
    option = charts.live(rows(4), charts.SCORES, epochs=40)
    assert [series["name"] for series in option["series"]] == [
        "Accuracy, train",
        "Accuracy, test",
        "IoU, train",
        "IoU, test",
        "Dice, train",
        "Dice, test",
    ]
    assert option["series"][3]["data"] == [[1, 0.25], [2, 0.25], [3, 0.25], [4, 0.25]]
    assert option["xAxis"]["max"] == 40
    assert option["animation"] is False


def test_a_score_that_is_undefined_leaves_a_gap():
    gap = [{**rows(1)[0], "loss": None, "val_loss": 0.5}]
    option = charts.live(gap, charts.LOSS, epochs=2)
    assert [series["data"] for series in option["series"]] == [[[1, None]], [[1, 0.5]]]


def test_without_test_images_there_are_no_test_curves():
    option = charts.live(rows(2, tested=False), charts.LOSS, epochs=2)
    assert [series["name"] for series in option["series"]] == ["Loss, train"]


def test_no_epoch_yet_is_an_empty_chart_that_can_be_drawn():
    option = charts.live([], charts.LOSS, epochs=1)
    assert option["series"][0]["data"] == []
    assert option["xAxis"]["max"] == 2


@pytest.mark.parametrize("majority", [None, 0.8])
def test_ended_curves_show_the_accuracy_to_beat(majority):
    figure = charts.ended(rows(3), charts.SCORES, majority)
    names = [trace.name for trace in figure.data]
    assert len(names) == 6 + (majority is not None)
    assert ("To beat" in names) == (majority is not None)


def test_the_curves_in_words():
    assert charts.described(rows(2), charts.LOSS) == (
        "Learning curves after epoch 2: Loss train 0.500, Loss test 0.500"
    )
    assert charts.described([], charts.LOSS) == "Learning curves; no epoch has ended yet"
