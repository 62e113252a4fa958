"""A document cut into what a page shows in its own way: text, pictures and notes."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["note", "tip", "important", "warning", "caution"]

_PICTURE = re.compile(r"^!\[([^\]]*)\]\(([^)\s]+)\)$")
_ALERT = re.compile(r"^> \[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]$")
_COMMENT = re.compile(r"^<!--.*-->$")
_HEADING = re.compile(r"^##+ ")


@dataclass(frozen=True)
class Text:
    """Markdown as it is."""

    markdown: str


@dataclass(frozen=True)
class Picture:
    """A picture on a line of its own.

    path : in `docs/`, with `/`. alt : what it shows.
    """

    path: str
    alt: str


@dataclass(frozen=True)
class Note:
    """A paragraph that stands out, as GitHub marks it: `> [!NOTE]`."""

    kind: Kind
    markdown: str


Part = Text | Picture | Note


def parts(text: str, name: str) -> list[Part]:
    """The parts of a document, in their order; comments are left out.

    Headings go one level down, as the page has a heading of its own above them.

    Parameters
    ----------
    text : Markdown. name : of the document, from whose folder pictures are named.
    """
    found: list[Part] = []
    lines: list[str] = []
    for line in _outside_of_code(text):
        if isinstance(line, Text):  # a block of code
            lines.append(line.markdown)
        elif picture := _PICTURE.match(line):
            found += _text(lines)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), picture[2]))
            found.append(Picture(path, picture[1]))
            lines = []
        elif alert := _ALERT.match(line):
            found += _text(lines)
            found.append(Note(_kind(alert[1]), ""))
            lines = []
        elif line.startswith(">") and not lines and found and isinstance(found[-1], Note):
            note = found[-1]
            found[-1] = Note(note.kind, f"{note.markdown}\n{line[1:].strip()}".strip())
        elif not _COMMENT.match(line):
            lines.append(f"#{line}" if _HEADING.match(line) else line)
    return found + _text(lines)


def _outside_of_code(text: str) -> Iterator[str | Text]:
    """The lines of a text; a block of code comes as one `Text`."""
    block: list[str] = []
    for line in text.splitlines():
        fence = line.lstrip().startswith("```")
        if block or fence:
            block.append(line)
            if fence and len(block) > 1:
                yield Text("\n".join(block))
                block = []
        else:
            yield line
    if block:
        yield Text("\n".join(block))


def _text(lines: list[str]) -> list[Part]:
    markdown = "\n".join(lines).strip("\n")
    return [Text(markdown)] if markdown.strip() else []


def _kind(word: str) -> Kind:
    kinds: dict[str, Kind] = {
        "NOTE": "note",
        "TIP": "tip",
        "IMPORTANT": "important",
        "WARNING": "warning",
        "CAUTION": "caution",
    }
    return kinds[word]
