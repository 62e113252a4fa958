"""The documents of `docs/`: which there are, in which order, and what one of them says."""

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

import cellseg
from cellseg.errors import CellsegError
from cellseg.ui.help import reference

DOCS = Path(cellseg.__file__).parent.parent / "docs"
INDEX = "index"
"""The document that lists all others."""

_TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"^:caption: (.+)$", re.MULTILINE)
_TITLE = re.compile(r"\A# (.+)\n+")
_FENCE = re.compile(r"(^```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Section:
    """Documents that belong together, in their order.

    title : of the section. topics : names of the documents.
    """

    title: str
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """One document.

    name : its path in `docs/` without the ending, such as `how-to/train`.
    title : its first heading. text : the Markdown below that heading.
    """

    name: str
    title: str
    text: str


def sections() -> list[Section]:
    """The sections that the lists of contents in `index.md` name.

    Raises
    ------
    CellsegError
        Where the documents are not there.
    """
    found = []
    for content in _TOCTREE.findall(_source(INDEX)):
        caption = _CAPTION.search(content)
        lines = [line.strip() for line in content.splitlines()]
        topics = tuple(line for line in lines if line and not line.startswith(":"))
        found.append(Section(caption[1] if caption else "", topics))
    return found


def topic(name: str) -> Topic:
    """The document of this name.

    Raises
    ------
    CellsegError
        Where `index.md` does not list it, or the documents are not there.
    """
    if name != INDEX and not any(name in section.topics for section in sections()):
        raise CellsegError(f"The help has no part {name}; choose one in the list.")
    source = _source(name)
    title = _TITLE.match(source)
    if title is None:
        raise ValueError(f"{name}.md does not begin with a heading")
    text = _TOCTREE.sub("", source[title.end() :])
    return Topic(name, title[1], reference.filled(text).strip() + "\n")


def title(name: str) -> str:
    """The title of a document; see `topic`."""
    heading = _TITLE.match(_source(name))
    return heading[1] if heading else name


def search(words: str) -> list[str]:
    """Names of the documents in which every word occurs, those first that name it most often.

    A word in the title counts as ten in the text; upper and lower case are one.
    """
    wanted = words.casefold().split()
    found = []
    for name in (name for section in sections() for name in section.topics):
        one = topic(name)
        heading, text = one.title.casefold(), one.text.casefold()
        counts = [10 * heading.count(word) + text.count(word) for word in wanted]
        if counts and all(counts):
            found.append((-sum(counts), name))
    return [name for _, name in sorted(found)]


def linked(text: str, name: str) -> str:
    """Markdown in which links to other documents lead to the page Help.

    `[Train](train.md#stop)` in `how-to/segment` becomes `[Train](?topic=how-to/train#stop)`. Links
    into the web stay; code is left alone.

    Parameters
    ----------
    text : of a document. name : of the document.
    """

    def changed(found: re.Match[str]) -> str:
        target = target_of(found[2], name)
        if target is None:
            return found[0]
        anchor = found[2].partition("#")[2]
        return f"[{found[1]}](?topic={target}{'#' if anchor else ''}{anchor})"

    pieces = _FENCE.split(text)
    return "".join(
        piece if index % 2 else _LINK.sub(changed, piece) for index, piece in enumerate(pieces)
    )


def links(text: str, name: str) -> list[str]:
    """Names of the other documents that a text links to, each once, in their order."""
    pieces = _FENCE.split(text)[::2]
    targets = [target_of(found[2], name) for piece in pieces for found in _LINK.finditer(piece)]
    return [target for target in dict.fromkeys(targets) if target and target != name]


def target_of(link: str, name: str) -> str | None:
    """The document that a link in the document `name` leads to; None where it leads elsewhere."""
    path = link.partition("#")[0]
    if "://" in path or not path.endswith(".md"):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path)).removesuffix(".md")


def _source(name: str) -> str:
    try:
        return (DOCS / f"{name}.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CellsegError(
            f"The document {name}.md is not in {DOCS}; start the app from the project's folder."
        ) from None
