import re

import pytest

from cellseg.ui.help import guide
from tests.pages import errors, opened, text


@pytest.fixture(autouse=True)
def _home(workspace, monkeypatch):
    monkeypatch.setenv("CELLSEG_HOME", str(workspace.root))


EVERY = [guide.INDEX, *(name for section in guide.sections() for name in section.topics)]


def test_the_page_opens_with_the_list_of_all_documents():
    app = opened("help")
    assert app.header[0].value == "cellseg"
    assert "](?topic=how-to/train)" in text(app)
    assert "toctree" not in text(app)
    assert not errors(app)


def test_every_document_can_be_read():
    app = opened("help")
    for name in EVERY:
        app.query_params["topic"] = name
        app.run()
        assert app.header[0].value == guide.title(name)
        said = text(app)
        assert len(said) > 200, name
        left = re.search(r"\]\([^)?:]*\.md|^```\{|^<!--|^> \[!", said, re.MULTILINE)
        assert not left, f"{name}: {left}"
        assert not errors(app), name


def test_a_document_opens_by_its_button_and_stays_in_the_address():
    app = opened("help", topic="how-to/train")
    app.button(key="help-contents-how-to/segment").click().run()
    assert app.header[0].value == "Segment images"
    assert app.query_params["topic"] == "how-to/segment"
    app.button(key="help-contents-index").click().run()
    assert app.header[0].value == "cellseg"


def test_what_a_document_mentions_opens_by_its_button():
    app = opened("help", topic="how-to/train")
    app.button(key="help-mentioned-explanation/recipes").click().run()
    assert app.header[0].value == guide.title("explanation/recipes")


def test_a_search_leads_to_a_document():
    app = opened("help")
    app.text_input(key="help-search").input("panoptic quality").run()
    app.button(key="help-found-reference/scores").click().run()
    assert app.header[0].value == "Scores"
    app.text_input(key="help-search").input("xyzzy").run()
    assert "No document has all of these words." in text(app)


def test_pictures_and_notes_are_shown():
    app = opened("help", topic="tutorial/first-cells")
    assert len(app.get("image")) == 3
    assert any("edge of the image" in note.value for note in app.success)


def test_an_unknown_document_is_one_sentence_above_the_list():
    app = opened("help", topic="never/was")
    assert errors(app) == ["The help has no part never/was; choose one in the list."]
    assert app.header[0].value == "cellseg"


@pytest.mark.parametrize(
    ("page", "topic"),
    [
        ("start", "tutorial/first-cells"),
        ("datasets", "how-to/import-data"),
        ("train", "how-to/train"),
        ("segment", "how-to/segment"),
        ("results", "how-to/measure"),
        ("models", "how-to/models"),
    ],
)
def test_each_page_links_to_the_document_that_explains_it(page, topic):
    app = opened(page)
    links = [link.proto for link in app.get("page_link") if link.proto.label == "Help"]
    assert [(link.page, link.query_string) for link in links] == [
        ("help", f"topic={topic.replace('/', '%2F')}")
    ]
    assert topic in EVERY
