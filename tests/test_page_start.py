import pytest

from cellseg.datasets.store import DatasetStore
from tests import made
from tests.pages import errors, opened, text


@pytest.fixture(autouse=True)
def _home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


def test_empty_start_asks_for_images_first():
    app = opened()
    assert "Microscopy images, each with a mask" in text(app)
    assert ":blue-badge[Next]" in text(app)
    assert "Done" not in text(app)
    assert not errors(app)


def test_the_sample_is_made_by_one_click_and_leads_to_train(workspace):
    app = opened()
    app.button(key="start-sample").click().run()
    sample = DatasetStore(workspace).all()[0]
    assert sample.sample
    assert f"The dataset {sample.name} has {len(sample.pairs)} images" in text(app)
    links = [link.proto for link in app.get("page_link")]
    assert any(link.label == "Train on this dataset" for link in links)


def test_start_with_a_running_training_leads_to_it(workspace):
    run = made.run(workspace, made.dataset(workspace), state="running")
    app = opened()
    assert "Epoch 3 of 10, step 2 of 4" in text(app)
    watch = next(link.proto for link in app.get("page_link") if link.proto.label == "Show progress")
    assert run.id in str(watch)


def test_start_with_a_model_leads_to_segment(workspace):
    dataset = made.dataset(workspace)
    made.run(workspace, dataset)
    made.model(workspace, dataset)
    app = opened()
    assert "2 models available. Newest: **first**." in text(app)
    assert text(app).count("Done") == 2


def test_start_offers_the_model_that_comes_with_cellseg():
    app = opened()
    assert "The model **nuclei** comes with cellseg" in text(app)
    assert "Done" not in text(app)


@pytest.mark.usefixtures("nothing_shipped")
def test_start_without_any_model_says_what_a_model_does():
    assert "A trained model finds and counts the cells" in text(opened())


def test_a_workspace_that_cannot_be_created_is_an_error(workspace, monkeypatch):
    workspace.root.parent.mkdir(parents=True, exist_ok=True)
    workspace.root.write_text("a file where the folder should be")
    app = opened()
    app.button(key="start-sample").click().run()
    assert len(errors(app)) == 1
    assert "Traceback" not in errors(app)[0]
