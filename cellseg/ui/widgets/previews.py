"""Previews of pairs with the mask laid over, made once and kept in memory as PNG."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.overlay import overlay
from cellseg.datasets.masks import MaskKind, foreground
from cellseg.datasets.pairs import PairFacts, PairFiles
from cellseg.images.writing import png_bytes
from cellseg.ui.widgets.gallery import short

COLOUR = "#00B894"


@dataclass(frozen=True)
class Preview:
    """The preview of a pair that lies in a folder.

    kind, values : how its mask is read.
    side : `train`, `test` or empty; said beneath the picture.
    masked : whether the mask is laid over.
    """

    folder: Path
    pair: PairFacts
    kind: MaskKind
    values: tuple[int, ...]
    side: str = ""
    masked: bool = True

    @property
    def caption(self) -> str:
        """The file's name, and whether it tests."""
        test = " :orange-badge[test]" if self.side == "test" else ""
        return short(self.pair.image_name) + test

    @property
    def alt(self) -> str:
        """What it shows, for those who cannot see it."""
        return self.pair.image_name + (" with its cells marked" if self.masked else "")

    def png(self) -> bytes:
        """At most 256 pixels wide and high."""
        pair = self.pair
        return _png(str(self.folder), pair.name, pair.content, self.kind, self.values, self.masked)


@st.cache_data(max_entries=2000, show_spinner=False)
def _png(
    folder: str,
    name: str,
    content: tuple[str, str],
    kind: MaskKind,
    values: tuple[int, ...],
    masked: bool,
) -> bytes:
    rgb, mask = PairFiles(Path(folder)).preview(name)
    if not masked:
        return png_bytes(rgb)
    known: NDArray[np.bool_] = (
        mask != 0 if kind == "grey" and not values else foreground(mask, kind, values)
    )
    return png_bytes(overlay(rgb, known, opacity=0.4, colour=COLOUR))
