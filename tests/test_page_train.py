import json
from typing import Any

import pytest

from cellseg.errors import TrainingActive
from cellseg.recipes.cells.settings import CellsSettings
from cellseg.training import jobs
from cellseg.training.runs import Run
from cellseg.training.status import MetricsFile
from tests import made
from tests.pages import errors, labelled, opened, text

pytestmark = pytest.mark.usefixtures("nothing_shipped")


@pytest.fixture(autouse=True)
def _home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


def test_without_a_dataset_the_page_says_what_to_do():
    app = opened("train")
    assert "No dataset yet" in text(app)
    assert not app.selectbox


def test_the_form_has_defaults_that_work_and_an_estimate(workspace, monkeypatch):
    dataset = made.dataset(workspace)
    started: dict[str, Any] = {}

    def start(workspace, dataset, recipe, model_name):
        started.update(recipe=recipe, name=model_name, dataset=dataset.id)
        return made.run(workspace, dataset, state="running")

    monkeypatch.setattr(jobs, "start", start)
    app = opened("train")
    assert app.selectbox(key="train-dataset").value.id == dataset.id
    assert labelled(app.selectbox, "Recipe").value == "pixels"
    assert labelled(app.number_input, "Epochs").value == 40
    assert "4 training images, 1 test image" in text(app)
    labelled(app.number_input, "Epochs").set_value(3)
    app.button(key="train-start").click().run()
    assert started["name"] == "Nuclei"
    assert started["dataset"] == dataset.id
    assert started["recipe"].training.epochs == 3
    assert started["recipe"].training.batch_size == 1
    assert "20260324-140500-first" in app.query_params["run"]
    assert app.button(key="train-stop")


def test_every_input_has_help(workspace):
    made.dataset(workspace)
    app = opened("train")
    for element in [*app.selectbox, *app.number_input, *app.text_input]:
        assert element.help.endswith("."), element.label


def test_a_running_training_shows_progress_curves_and_stop(workspace):
    run = made.run(workspace, made.dataset(workspace), state="running")
    app = opened("train", run=run.id)
    bar = app.get("progress")[0].proto
    assert bar.text == "Epoch 3 of 10, step 2 of 4, about 100 s left"
    charts = [json.loads(chart.proto.spec) for chart in app.get("echarts_chart")]
    assert [len(chart["series"]) for chart in charts] == [2, 6]
    assert len(app.get("image")) == 5
    app.button(key="train-stop").click().run()
    assert run.stop_file.exists()
    assert app.button(key="train-stop").disabled


def test_a_finished_run_shows_its_scores_beside_the_majority(workspace):
    dataset = made.dataset(workspace)
    model = made.model(workspace, dataset)
    run = made.run(workspace, dataset, model_id=model.id)
    app = opened("train", run=run.id)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Majority-class accuracy"] == "0.900"
    assert shown["IoU, test"] == "0.787"
    charts = [json.loads(chart.proto.spec) for chart in app.get("echarts_chart")]
    assert [chart["xAxis"]["max"] for chart in charts] == [3, 3]
    lines = [series["markLine"] for series in charts[1]["series"] if "markLine" in series]
    assert [line["data"] for line in lines] == [[{"yAxis": 0.9}]]


@pytest.mark.parametrize("state", ["failed", "running"])
def test_a_failed_or_interrupted_run_shows_why_and_its_log(workspace, state):
    gone = {"pid": 2**22 + 1} if state == "running" else {"message": "The disk is full."}
    run = made.run(workspace, made.dataset(workspace), state=state, **gone)
    app = opened("train", run=run.id)
    said = errors(app) if state == "failed" else [warning.value for warning in app.warning]
    assert len(said) == 1
    assert ("The disk is full" in said[0]) == (state == "failed")
    assert "the last word" in app.code[0].value


def test_a_second_start_leads_to_the_first(workspace, monkeypatch):
    dataset = made.dataset(workspace)
    run = made.run(workspace, dataset, state="running")

    def start(*args, **kwargs):
        raise TrainingActive(run.id, "The training of first still runs.")

    monkeypatch.setattr(jobs, "start", start)
    app = opened("train")
    app.button(key="train-start").click().run()
    assert app.warning[0].value == "The training of first still runs."
    assert any(link.proto.label == "Open the running training" for link in app.get("page_link"))


def test_an_unknown_run_is_an_error(workspace):
    made.dataset(workspace)
    app = opened("train", run="never-was")
    assert len(errors(app)) == 1
    assert "run" not in app.query_params


def test_a_taken_name_is_an_error(workspace):
    dataset = made.dataset(workspace)
    made.model(workspace, dataset, "Nuclei")
    app = opened("train")
    name = labelled(app.text_input, "Model name")
    assert name.value == "Nuclei 2"
    name.set_value("NUCLEI")
    app.button(key="train-start").click().run()
    assert len(errors(app)) == 1
    assert "exists already" in errors(app)[0]


def test_runs_are_listed_newest_first(workspace):
    dataset = made.dataset(workspace)
    made.run(workspace, dataset, run_id="20260324-140500-a")
    made.run(workspace, dataset, run_id="20260324-140500-b")
    app = opened("train")
    links = [str(link.proto) for link in app.get("page_link")]
    ids = [link.split("20260324-140500-")[1][0] for link in links if "20260324" in link]
    assert ids == ["b", "a"]


def test_an_ended_run_can_be_deleted(workspace):
    run = made.run(workspace, made.dataset(workspace))
    app = opened("train", run=run.id)
    app.button(key="run-delete").click().run()
    app.button(key="run-delete").click()  # AppTest closes a dialog at every run
    app.button(key="confirm-delete").click().run()
    assert not run.folder.exists()
    assert isinstance(run, Run)


def test_masks_that_number_cells_suggest_the_recipe_cells(workspace):
    made.dataset(workspace, "Numbered", kind="labels")
    app = opened("train")
    assert not errors(app)
    assert labelled(app.selectbox, "Recipe").value == "cells"
    assert labelled(app.number_input, "Minutes").value == 10
    labelled(app.number_input, "Minutes").set_value(25).run()
    assert "**25 min**" in text(app)


def test_a_training_of_cells_shows_the_scores_of_its_best_epoch(workspace):
    dataset = made.dataset(workspace, "Numbered", kind="labels")
    run = made.run(workspace, dataset, recipe=CellsSettings(), state="finished", epochs=0)
    for epoch, ap in ((1, 0.25), (2, 0.75), (3, 0.5)):
        scores = {"val_ap": ap, "val_count_error": 0.1, "val_iou": 0.6, "val_dice": 0.7}
        MetricsFile(run.folder).append(
            {"epoch": epoch, "loss": 1.0 / epoch, "seconds": 2, **scores}
        )
    app = opened("train", run=run.id)
    assert not errors(app)
    assert [each.value for each in app.metric] == ["0.750", "0.100", "0.600", "0.700"]


def test_a_training_of_cells_shows_its_device_and_the_caption_of_its_samples(workspace):
    dataset = made.dataset(workspace, "Numbered", kind="labels")
    run = made.run(
        workspace, dataset, recipe=CellsSettings(), state="running", computing="on CPU, bfloat16"
    )
    app = opened("train", run=run.id)
    assert not errors(app)
    captions = [caption.value for caption in app.caption]
    assert "Computed on CPU, bfloat16" in captions
    assert any(caption.startswith("Each outline is a predicted cell") for caption in captions)
    assert "**Sample predictions**" in text(app)
