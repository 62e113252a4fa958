"""The help: which documents there are, what they say, and what is written from the code."""

from typing import Annotated, Literal

import pytest
import typer
from pydantic import Field

from cellseg.config import Frozen
from cellseg.errors import CellsegError
from cellseg.ui.help import (
    commands,
    guide,
    reference,
    settings,
)
from cellseg.ui.help.guide import Section
from cellseg.ui.help.parts import (
    Note,
    Picture,
    Text,
    parts,
)

LISTED = """# All

Read on in [One](a/one.md).

```{toctree}
:caption: First
:hidden:
a/one
a/two
```

```{toctree}
:caption: Second
b/three
```
"""
ONE = """# One

See [two](two.md#deep), [three](../b/three.md), [two](two.md) and [the web](https://example.org/x.md).

```text
[two](two.md)
```
"""


@pytest.fixture
def docs(tmp_path, monkeypatch):
    monkeypatch.setattr(guide, "DOCS", tmp_path)
    for name, text in {
        "index": LISTED,
        "a/one": ONE,
        "a/two": "# Two\n\nText.\n",
        "b/three": "# Three\n",
        "hidden": "# Not listed\n",
    }.items():
        path = tmp_path / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


# --- documents --------------------------------------------------------------------------------


@pytest.mark.usefixtures("docs")
def test_sections_are_the_lists_of_contents() -> None:
    assert guide.sections() == [
        Section("First", ("a/one", "a/two")),
        Section("Second", ("b/three",)),
    ]


@pytest.mark.usefixtures("docs")
def test_a_document_is_its_title_and_the_text_below_without_lists_of_contents() -> None:
    index = guide.topic("index")
    assert index.title == guide.title("index") == "All"
    assert index.text == "Read on in [One](a/one.md).\n"


@pytest.mark.usefixtures("docs")
@pytest.mark.parametrize("name", ["a/never", "hidden", "../index", "/etc/passwd", ""])
def test_what_is_not_listed_is_no_document(name: str) -> None:
    with pytest.raises(CellsegError, match="choose one in the list"):
        guide.topic(name)


def test_without_the_documents_a_sentence_says_where_they_should_be(docs) -> None:
    (docs / "index.md").unlink()
    with pytest.raises(CellsegError, match=r"index\.md is not in .* project's folder"):
        guide.sections()


@pytest.mark.usefixtures("docs")
def test_links_between_documents_lead_to_the_page() -> None:
    assert guide.linked(ONE, "a/one").splitlines()[2:] == [
        "See [two](?topic=a/two#deep), [three](?topic=b/three), [two](?topic=a/two) and "
        "[the web](https://example.org/x.md).",
        "",
        "```text",
        "[two](two.md)",
        "```",
    ]


@pytest.mark.usefixtures("docs")
def test_documents_that_are_mentioned_are_named_once() -> None:
    assert guide.links(ONE, "a/one") == ["a/two", "b/three"]
    assert guide.links("[me](one.md#here)", "a/one") == []


@pytest.mark.usefixtures("docs")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("two", ["a/two", "a/one"]),  # in the title of one, three times in the text of the other
        ("SEE  web", ["a/one"]),
        ("see nowhere", []),
        ("not listed", []),
        (" ", []),
    ],
)
def test_a_search_finds_documents_with_all_words(words: str, found: list[str]) -> None:
    assert guide.search(words) == found


# --- parts ------------------------------------------------------------------------------------


def test_a_document_is_cut_into_text_pictures_and_notes() -> None:
    text = "\n".join(
        [
            "Before.",
            "## Heading",
            "![A cell](../pictures/cell-light.png)",
            "> [!WARNING]",
            "> Beware",
            "> of this.",
            "",
            "After, with an ![inline](x.png) picture.",
            "<!-- nobody sees this -->",
        ]
    )
    assert parts(text, "how-to/x") == [
        Text("Before.\n### Heading"),
        Picture("pictures/cell-light.png", "A cell"),
        Note("warning", "Beware\nof this."),
        Text("After, with an ![inline](x.png) picture."),
    ]


def test_code_is_left_as_it_is() -> None:
    code = "```md\n## Heading\n![A cell](cell.png)\n> [!NOTE]\n<!-- comment -->\n```"
    assert parts(f"Text.\n\n{code}\n\n## Next", "x") == [Text(f"Text.\n\n{code}\n\n### Next")]


def test_a_quotation_is_no_note() -> None:
    assert parts("> Somebody said so.", "x") == [Text("> Somebody said so.")]


# --- settings ---------------------------------------------------------------------------------


class Small(Frozen):
    """A few settings.

    first : how many; see `code.Other`. second, third : shares
    of the whole | all; None takes all.
    """

    first: int = Field(default=3, ge=1, le=2000)
    second: float | None = Field(default=None, gt=0, lt=1)
    third: tuple[int, int] = (1, 2)


class Wide(Small):
    """More of them.

    kind : which one.
    first : another meaning.
    """

    kind: Literal["a", "b"]
    fixed: Literal["this"] = "this"
    nothing: None = None
    inner: Small = Small()


def test_the_table_of_settings_has_bounds_defaults_and_meanings() -> None:
    shares = "shares of the whole \\| all; not set: takes all."
    assert settings.table(Small).splitlines() == [
        "| setting | values | default | meaning |",
        "|---|---|---|---|",
        "| `first` | whole number, at least 1, at most 2,000 | `3` | how many. |",
        f"| `second` | number, above 0, below 1 | not set | {shares} |",
        f"| `third` | 2 times: whole number | `[1, 2]` | {shares} |",
    ]


def test_settings_inherit_and_change_meanings_and_groups_stand_apart() -> None:
    lines = settings.table(Wide).splitlines()
    assert "| `kind` | `a`, `b` | required | which one. |" in lines
    assert lines[2].endswith("| another meaning. |")
    assert not any(word in line for line in lines for word in ("inner", "fixed", "nothing"))
    assert settings.groups(Wide) == {"inner": Small}


# --- commands ---------------------------------------------------------------------------------


def test_a_command_is_written_from_its_declaration(monkeypatch) -> None:
    other = typer.Typer()

    @other.command("cut")
    def cut_up(
        path: Annotated[str, typer.Argument(metavar="PATH", help="What.")],
        model: Annotated[str, typer.Option("--model", metavar="NAME", help="Which.")],
        size: Annotated[int, typer.Option(min=1, max=9, help="How large.")] = 4,
        way: Annotated[Literal["a", "b"] | None, typer.Option(help="[a]")] = None,
        show: Annotated[bool | None, typer.Option(help="[yes]")] = None,
        each: Annotated[bool, typer.Option("--each", help="All.")] = False,
    ) -> None:
        """Cut it up."""

    monkeypatch.setattr(commands, "app", other)
    assert commands.markdown().splitlines() == [
        "## cut",
        "",
        "```sh",
        "python -m cellseg cut PATH [OPTIONS]",
        "```",
        "",
        "Cut it up.",
        "",
        "| option | meaning |",
        "|---|---|",
        "| `PATH` | What. **Required.** |",
        "| `--model NAME` | Which. **Required.** |",
        "| `--size N` | How large. From 1 to 9. [4] |",
        "| `--way a\\|b` | [a] |",
        "| `--show / --no-show` | [yes] |",
        "| `--each` | All. |",
    ]
    assert commands.options(cut_up) == [
        "--model",
        "--size",
        "--way",
        "--show",
        "--no-show",
        "--each",
    ]


# --- what is filled in ------------------------------------------------------------------------


def test_comments_are_replaced_by_what_they_name() -> None:
    filled = reference.filled("Before.\n\n<!-- generated: limits -->\n\nAfter.")
    assert filled.startswith("Before.\n\n| setting |")
    assert "| `zip_files` | whole number, at least 1 | `20000` |" in filled
    assert filled.endswith("|\n\nAfter.")


def test_an_unknown_part_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing-such"):
        reference.filled("<!-- generated: nothing-such -->")


def test_repairs_are_listed_with_what_they_do() -> None:
    line = "| Swap | `swap` | Image and mask change places. |"
    assert line in reference.filled("<!-- generated: repairs -->").splitlines()


def test_measurements_have_their_definitions_and_names_in_cellprofiler() -> None:
    lines = reference.measurements().splitlines()
    assert "| Area | `area` | `AreaShape_Area` | Pixels of the cell, in px². |" in lines
    assert any("| `Intensity_MeanIntensity_…` |" in line for line in lines)
    assert any(line.startswith("| Mean probability | `score` |  | ") for line in lines)
