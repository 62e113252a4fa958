"""Three synthetic pictures that illustrate the steps: image, outlined cells, segmented cells."""

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
SCALE = 3


@st.cache_data(show_spinner=False)
def pictures() -> tuple[bytes, bytes, bytes]:
    """PNG files of an image, of the image with outlines, and of the image with coloured cells."""
    image, labels = draw_cells(np.random.default_rng(SEED), cells=CELLS)
    rgb, cells = to_rgb8(Image(image, "YX"))[ROWS], labels[ROWS]
    outlined = overlay(rgb, cells, opacity=1.0, style="outline", colour="#FFC24D")
    coloured = overlay(rgb, cells, opacity=0.6, colour=None)
    return _enlarged(rgb), _enlarged(outlined), _enlarged(coloured)


def _enlarged(picture: NDArray[np.uint8]) -> bytes:
    return png_bytes(picture.repeat(SCALE, 0).repeat(SCALE, 1))
