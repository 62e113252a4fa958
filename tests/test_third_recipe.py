"""A recipe of another package: one package and one line of registration are all it takes."""

import os
import sys
import time

import pytest
from typer.testing import CliRunner

from cellseg.cli.commands import app as commands
from cellseg.exports.provenance import methods, provenance
from cellseg.images.image import Image
from cellseg.models.store import ModelStore
from cellseg.recipes import registry
from cellseg.segmentation.predictor import load_predictor
from cellseg.training.runs import RunStore
from tests import made
from tests.pages import ROOT, errors, opened, text

LINE = "brightness = tests.third_recipe.recipe:RECIPE"


@pytest.fixture(autouse=True)
def registered(tmp_path, monkeypatch):
    """An installed package whose metadata hold the one line, here and for started processes."""
    metadata = tmp_path / "site" / "third-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: third\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{registry.ENTRY_POINT_GROUP}]\n{LINE}\n")
    monkeypatch.syspath_prepend(str(metadata.parent))
    path = os.pathsep.join([str(metadata.parent), str(ROOT)])
    monkeypatch.setenv("PYTHONPATH", path)
    registry.added_recipes.cache_clear()
    yield
    sys.path_importer_cache.pop(str(metadata.parent), None)
    registry.added_recipes.cache_clear()


@pytest.fixture(autouse=True)
def home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


def test_it_is_offered_and_trains_on_the_page(workspace):
    made.dataset(workspace)
    app = opened("train")
    box = next(box for box in app.selectbox if box.label == "Recipe")
    assert "Brightness: what is bright is cell" in box.options
    box.set_value("brightness").run()
    app.number_input(key="train-brightness-nuclei-training-steps").set_value(4)
    app.button(key="train-start").click().run()
    [run] = RunStore(workspace).all()
    until = time.monotonic() + 60
    while not run.progress().ended and time.monotonic() < until:
        time.sleep(0.1)
    assert run.progress().state == "finished", run.log_tail()
    page = opened("train", run=run.id)
    assert not errors(page)
    assert "4 thresholds" in text(page)
    assert "The IoU of each threshold" in text(page)
    # squares of 200 on 20 to 24: of 0, 85, 170 and 255 two divide them from their ground
    assert page.metric[0].value == "1.000"


def test_it_trains_by_the_command_publishes_and_segments(workspace):
    dataset = made.dataset(workspace)
    words = ["train", "--dataset", dataset.name, "--name", "bright", "--recipe", "brightness"]
    done = CliRunner().invoke(commands, words)
    assert done.exit_code == 0, done.output
    model = ModelStore(workspace).get("bright")
    assert model.separates_cells
    assert "Takes what is bright for cells." in model.card
    assert "Threshold: 187" in model.card  # 11 * 255 / 15, the highest that is below 200
    image, mask = made.squares(0)
    found = load_predictor(model).cells(Image(image, "YX"))
    assert ((found.labels > 0) == (mask > 0)).all()
    paragraph = methods(provenance({"a.png": 1}, model))
    assert "Pixels brighter than 187 that touch were taken as one cell." in paragraph
    segment = ["segment", str(ROOT / "docs" / "screenshots" / "start-light.png")]
    out = workspace.root / "out"
    done = CliRunner().invoke(commands, [*segment, "--model", "bright", "--output", str(out)])
    assert done.exit_code == 0, done.output
    assert (out / "start-light_labels.tif").is_file()
    page = opened("models", model=model.id)
    assert not errors(page)
    assert "Takes what is bright for cells" in text(page)


def test_an_option_that_it_lacks_is_a_matter_of_usage(workspace):
    dataset = made.dataset(workspace)
    words = ["train", "--dataset", dataset.name, "--name", "x", "--recipe", "brightness"]
    done = CliRunner().invoke(commands, [*words, "--minutes", "3"])
    assert done.exit_code == 2
    assert "the recipe brightness has no option --minutes" in done.output
    assert not RunStore(workspace).all()


def test_without_its_package_its_models_are_named_as_unreadable(workspace, monkeypatch):
    dataset = made.dataset(workspace)
    words = ["train", "--dataset", dataset.name, "--name", "bright", "--recipe", "brightness"]
    assert CliRunner().invoke(commands, words).exit_code == 0
    store = ModelStore(workspace)
    assert store.unreadable() == []
    with monkeypatch.context() as without:
        without.setattr(registry, "added_recipes", dict)
        assert store.unreadable() == ["bright"]
        assert "bright" not in [model.name for model in store.all()]
