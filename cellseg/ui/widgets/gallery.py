"""Pictures side by side."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

import streamlit as st

from cellseg.ui.shell.formatting import plain


class Picture(Protocol):
    """A picture that is made when it is shown."""

    @property
    def caption(self) -> str:
        """What stands beneath it, Markdown."""

    @property
    def alt(self) -> str:
        """What it shows, for those who cannot see it."""

    def png(self) -> bytes:
        """The picture as a PNG file."""


def grid(pictures: Sequence[Picture], key: str, most: int = 10) -> None:
    """Pictures of equal width, `most` at a time; the columns follow the window's width."""
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


def comparison(
    titles: Sequence[str], rows: Sequence[tuple[str, Sequence[Path]]], width: int
) -> None:
    """A table of pictures: titles on top, a row for each image, `width` columns kept free."""
    for index, (name, pictures) in enumerate(rows):
        columns = st.columns(width, gap="small")
        for column, title, picture in zip(columns, titles, pictures, strict=False):
            with column, st.container(gap="xxsmall"):
                if index == 0:
                    st.caption(title)
                st.image(str(picture), width="stretch", alt=f"{title} of {name}")


def short(name: str, most: int = 26) -> str:
    """A file name for a narrow place: its last part, cut in the middle where it is long."""
    name = PurePosixPath(name).name
    shown = name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-most // 2 :]}"
    return plain(shown)
