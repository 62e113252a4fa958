"""Three drawn pictures that say what the steps are: an image, its mask, the cells found."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.overlay import overlay
from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8
from cellseg.images.synthetic import draw_cells
from cellseg.images.writing import png_bytes

SEED = 1
CELLS = 70
ROWS = slice(60, 164)
LARGER = 3


@st.cache_data(show_spinner=False)
def strips() -> tuple[bytes, bytes, bytes]:
    """PNG files of the image, the image with outlined cells, and the cells in colours."""
    image, labels = draw_cells(np.random.default_rng(SEED), cells=CELLS)
    rgb, cells = to_rgb8(Image(image, "YX"))[ROWS], labels[ROWS]
    outlined = overlay(rgb, cells, opacity=1.0, style="outline", colour="#FFC24D")
    coloured = overlay(rgb, cells, opacity=0.6, colour=None)
    return _larger(rgb), _larger(outlined), _larger(coloured)


def _larger(picture: NDArray[np.uint8]) -> bytes:
    return png_bytes(picture.repeat(LARGER, 0).repeat(LARGER, 1))
