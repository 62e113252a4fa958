import pytest

from cellseg.models.store import ModelStore
from tests import made
from tests.pages import errors, opened, text

pytestmark = pytest.mark.usefixtures("nothing_shipped")


@pytest.fixture(autouse=True)
def _home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


def test_without_a_model_the_page_links_to_training():
    app = opened("models")
    assert "No model yet" in text(app)
    assert [metric.label for metric in app.metric] == [
        "Datasets",
        "Runs",
        "Models",
        "Results",
        "Free space",
    ]


def test_a_model_opens_with_scores_and_card(workspace):
    model = made.model(workspace, made.dataset(workspace))
    app = opened("models", model=model.id)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["IoU"] == "0.810"
    assert shown["Majority-class accuracy"] == "0.900"
    assert "Dataset fingerprint" in text(app)
    assert not errors(app)


def test_an_unknown_model_is_an_error(workspace):
    made.model(workspace, made.dataset(workspace))
    app = opened("models", model="never-was")
    assert len(errors(app)) == 1


def test_a_model_of_another_version_is_listed_and_not_changed(workspace):
    model = made.model(workspace, made.dataset(workspace))
    assert "another version" not in text(opened("models"))
    settings = model.folder / "model.json"
    settings.write_text(settings.read_text().replace('"alpha": ', '"omega": '))
    app = opened("models")
    [said] = [one.value for one in app.warning]
    assert f"These models are not shown: {model.id}." in said
    assert settings.is_file()
    assert not errors(app)


def test_rename(workspace):
    model = made.model(workspace, made.dataset(workspace))
    app = opened("models", model=model.id)
    app.text_input[0].set_value("second")
    next(button for button in app.button if button.label == "Rename").click().run()
    assert ModelStore(workspace).get(model.id).name == "second"
    assert "Renamed to second" in text(app)


def test_delete_asks_first(workspace):
    model = made.model(workspace, made.dataset(workspace))
    app = opened("models", model=model.id)
    app.button(key="model-delete").click().run()
    assert ModelStore(workspace).all()
    app.button(key="model-delete").click()  # AppTest closes a dialog at every run
    app.button(key="confirm-delete").click().run()
    assert not ModelStore(workspace).all()
    assert "The model first was deleted" in text(app)


def test_a_downloaded_model_can_be_imported(workspace):
    store = ModelStore(workspace)
    model = made.model(workspace, made.dataset(workspace))
    packed = store.pack(model)
    store.delete(model)
    app = opened("models")
    app.file_uploader[0].upload("first.zip", packed, "application/zip").run()
    assert [model.name for model in store.all()] == ["first"]
    assert "The model first was imported" in text(app)


def test_a_zip_without_a_model_is_an_error(workspace):
    app = opened("models")
    app.file_uploader[0].upload("first.zip", b"no zip", "application/zip").run()
    assert len(errors(app)) == 1
    assert "first.zip" in errors(app)[0].replace("\\", "")
    assert not list(workspace.inbox.glob("tab-*/*"))
