"""Images side by side, with captions."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

import streamlit as st
from PIL import Image as Pillow

from cellseg.ui.shell.formatting import plain


class Picture(Protocol):
    """An image that is computed when it is shown."""

    @property
    def caption(self) -> str:
        """The text below the image, in Markdown."""

    @property
    def alt(self) -> str:
        """The alternative text."""

    def png(self) -> bytes:
        """The content of a PNG file."""


def grid(pictures: Sequence[Picture], key: str, most: int = 10) -> None:
    """Images of equal width, `most` on a page; the columns adapt to the width of the window."""
    pages = -(-len(pictures) // most)
    slot = st.container()
    if pages > 1:
        with st.container(horizontal_alignment="center"):
            page = st.pagination(pages, key=f"{key}-page")
    else:
        page = 1
    with slot, st.grid(5, min_column_width=140, gap="small"):
        for picture in pictures[(page - 1) * most : page * most]:
            st.image(picture.png(), picture.caption, width="stretch", alt=picture.alt)


def is_picture(path: Path) -> bool:
    """Whether a file can be shown; a damaged one would fail the page."""
    try:
        with Pillow.open(path) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def comparison(
    titles: Sequence[str], rows: Sequence[tuple[str, Sequence[Path]]], width: int
) -> None:
    """A table of images.

    Parameters
    ----------
    titles : of the columns, shown above the first row.
    rows : name and image files of each row.
    width : number of columns, of which the last may stay empty.
    """
    for index, (name, pictures) in enumerate(rows):
        columns = st.columns(width, gap="small")
        for column, title, picture in zip(columns, titles, pictures, strict=False):
            with column, st.container(gap="xxsmall"):
                if index == 0:
                    st.caption(title)
                if is_picture(picture):
                    st.image(str(picture), width="stretch", alt=f"{title} of {name}")
                else:
                    st.caption("This picture is damaged.")


def short(name: str, most: int = 26) -> str:
    """The last part of a file name, shortened in the middle if it is long."""
    name = PurePosixPath(name).name
    shown = name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-most // 2 :]}"
    return plain(shown)
