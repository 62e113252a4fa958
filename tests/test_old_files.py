"""A workspace that cellseg 0.1.0 wrote at commit 0e1c46d opens, predicts and is fine-tuned.

`data/workspace-0.1.0.zip` holds a dataset of drawn cells, a model and a run of either recipe, a
fine-tuning, a batch, settings, and what that version predicted in float32 (`expected.npz`).
"""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cellseg.batches.store import BatchStore
from cellseg.datasets.store import DatasetStore
from cellseg.exports.provenance import methods, provenance
from cellseg.models.store import ModelStore
from cellseg.network import precision
from cellseg.recipes.cells.settings import CellsSettings, CellsTraining
from cellseg.recipes.pixels.settings import PixelsSettings
from cellseg.recipes.registry import get_recipe
from cellseg.segmentation.predictor import load_predictor
from cellseg.training import following, jobs
from cellseg.training.runs import RunStore
from cellseg.workspace import Workspace, read_json
from tests.pages import errors, opened, text

PACKED = Path(__file__).with_name("data") / "workspace-0.1.0.zip"
TOLERANCE = 2e-4
"""Tolerance of a probability: of the same weights, machines only round differently."""


@pytest.fixture
def old(tmp_path, monkeypatch):
    with zipfile.ZipFile(PACKED) as packed:
        packed.extractall(tmp_path)
    monkeypatch.setenv("CELLSEG_HOME", str(tmp_path))
    return Workspace(tmp_path)


def test_all_of_it_is_listed(old):
    assert [dataset.name for dataset in DatasetStore(old).all()] == ["drawn"]
    models = {model.name: model for model in ModelStore(old).all() if not model.shipped}
    assert {name: model.recipe.name for name, model in models.items()} == {
        "old cells": "cells",
        "old seed": "pixels",
    }
    assert ModelStore(old).unreadable() == []
    runs = {run.config.model_name: run for run in RunStore(old).all()}
    assert set(runs) == {"old seed", "old cells", "old fine-tuned"}
    assert all(run.progress().state == "finished" for run in runs.values())
    assert [len(run.metrics()) for run in runs.values()] == [1, 3, 3]
    assert runs["old fine-tuned"].config.recipe.start == "old-cells"
    [batch] = BatchStore(old).all()
    assert (batch.progress().state, len(batch.images())) == ("done", 5)


def test_what_the_training_found_out_is_read_by_its_old_names(old):
    facts = ModelStore(old).get("old cells").facts
    stored = read_json(old.models / "old-cells" / "model.json")
    known = facts.training_facts.model_dump(mode="json")
    assert known["diameter"] == stored["cells"]["diameter"]
    assert known["instances"]["second_pass"] == stored["cells"]["instances"]["closer"]
    assert known["flips"] == stored["cells"]["mirrored"]
    assert known["image_statistics"]["diameters"] == stored["cells"]["looks"]["diameters"]
    assert facts.separates_cells
    assert ModelStore(old).get("old seed").facts.training_facts is None


@pytest.mark.parametrize("name", ["old seed", "old cells"])
@pytest.mark.parametrize("number", [0, 3])
def test_its_models_predict_as_they_did(old, monkeypatch, name, number):
    monkeypatch.setattr(precision, "automatic_precision", lambda: "float32")
    model = ModelStore(old).get(name)
    found = load_predictor(model).cells(DatasetStore(old).get("drawn").image(f"drawn-{number}"))
    with np.load(old.root / "expected.npz") as expected:
        probability = expected[f"{model.id}-{number}-probability"]
        labels = expected[f"{model.id}-{number}-labels"]
    assert probability.std() > 10 * TOLERANCE
    np.testing.assert_allclose(found.probability, probability, rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(found.labels, labels)


def test_its_settings_are_settings_of_today(old):
    stored = read_json(old.root / "settings.json")
    kinds = [type(get_recipe(one["name"]).settings.model_validate(_renamed(one))) for one in stored]
    assert kinds == [PixelsSettings, CellsSettings]


def _renamed(stored):
    return {**stored, "name": get_recipe(stored["name"]).name}


def test_its_cards_and_methods_name_the_optimizer_that_ran(old):
    cells, pixels = (ModelStore(old).get(name) for name in ("old cells", "old seed"))
    for said in (cells.card, methods(provenance({"a": 1}, cells))):
        assert "AdamW" in said
        assert "moving average of the weights" in said
    for said in (pixels.card, methods(provenance({"a": 1}, pixels))):
        assert "Adam" in said
        assert "AdamW" not in said


def test_a_model_of_it_is_the_start_of_a_fine_tuning(old):
    start = ModelStore(old).get("old cells")
    training = CellsTraining(minutes=None, epochs=1, steps=2, crop=64, batch_size=2)
    settings = jobs.fine_tuned(CellsSettings(training=training), start)
    run = jobs.start(old, DatasetStore(old).get("drawn"), settings, "new")
    model = ModelStore(old).get(following.follow(run, lambda line: None))
    assert model.facts.start is not None
    assert (model.facts.start.id, model.facts.start.name) == ("old-cells", "old cells")
    assert "Fine-tuned from: old cells (SHA-256 " in model.card
    assert "by fine-tuning the model old cells" in methods(provenance({"a": 1}, model))
    stored = json.loads((model.folder / "model.json").read_text())
    assert "cells" not in stored
    assert stored["training_facts"]["instances"]["min_area"] >= 0


def test_the_pages_show_it(old):
    for page, query in (
        ("train", {"run": next(run.id for run in RunStore(old).all())}),
        ("models", {"model": "old-cells"}),
        ("models", {"model": "old-seed"}),
        ("datasets", {"dataset": "drawn"}),
        ("results", {"batch": BatchStore(old).all()[0].id}),
    ):
        app = opened(page, **query)
        assert not errors(app), (page, errors(app))
        assert text(app)
