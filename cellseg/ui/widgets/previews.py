"""Previews of pairs with their masks, cached as PNG."""

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
    """The preview of a pair in a folder.

    kind, values : of the mask, see `cellseg.datasets.masks.foreground`.
    subset : `train`, `test` or empty; `test` is shown in the caption.
    masked : whether the mask is drawn over the image.
    """

    folder: Path
    pair: PairFacts
    kind: MaskKind
    values: tuple[int, ...]
    subset: str = ""
    masked: bool = True

    @property
    def caption(self) -> str:
        """The file name, with a badge on test images."""
        test = " :orange-badge[test]" if self.subset == "test" else ""
        return short(self.pair.image_name) + test

    @property
    def alt(self) -> str:
        """The alternative text."""
        return self.pair.image_name + (" with its mask" if self.masked else "")

    def png(self) -> bytes:
        """A PNG file of at most 256 x 256 pixels."""
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
    cells: NDArray[np.bool_] = (
        mask != 0 if kind == "grey" and not values else foreground(mask, kind, values)
    )
    return png_bytes(overlay(rgb, cells, opacity=0.4, colour=COLOUR))
