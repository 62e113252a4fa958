"""An image and its predicted mask, to look at and to take along."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cellseg.analysis.overlay import Style, overlay
from cellseg.images.scaling import thumbnail, thumbnail_labels
from cellseg.images.writing import label_tiff_bytes, png_bytes
from cellseg.ui.segmenting import Segmented
from cellseg.ui.words import count, plain

TALLEST = 620
"""Height of the picture on the page, pixels; a wide image is as wide as its column."""

FINEST = 1400
"""Pixels sent to the browser along the longer side; the downloads have all of them."""

LARGE = 3 * 700 * 700
"""Values of a picture beyond which it travels as JPEG, except for a mask."""

VIEWS = ("Overlay", "Mask", "Image")
STYLES: dict[str, Style] = {"Filled": "filled", "Outline": "outline"}
COLOURS = {"Green": "#00B894", "One for each cell": None, "Yellow": "#FFD166", "Magenta": "#E83E8C"}


def show(result: Segmented) -> None:
    """The picture at the left; at the right the count, how to show it, and the downloads."""
    left, right = st.columns([7, 3], gap="medium")
    with right:
        with st.container(key="segment-count"):
            st.metric(
                "Cells",
                f"{result.cells:,}",
                border=True,
                help="Separate parts of the mask; cells that touch count as one.",
            )
        st.caption(f"{result.width} × {result.height} pixels, {result.share:.1%} are cells.")
        view = st.segmented_control(
            "Show", VIEWS, default="Overlay", required=True, key="segment-view", width="stretch"
        )
        style, opacity, colour = _appearance(disabled=view != "Overlay")
        _downloads(result, style, opacity, colour)
    with left, st.container(key="segment-overlay"):
        picture = _picture(result, view or "Overlay", style, opacity, colour)
        shown = int(TALLEST * result.width / result.height)
        st.image(
            picture,
            width=shown if shown < 760 else "stretch",
            output_format="JPEG" if view != "Mask" and result.rgb.size > LARGE else "PNG",
            alt=f"{view} of {result.name}: {count(result.cells, 'cell')} found",
        )


def pick(results: Sequence[Segmented]) -> Segmented:
    """The image to look at; a box to choose it where there are several."""
    if len(results) == 1:
        st.subheader(plain(results[0].name), anchor=False, width="content")
        return results[0]
    index = st.selectbox(
        "Image to look at",
        range(len(results)),
        format_func=lambda number: results[number].name,
        key="segment-image",
        width=420,
    )
    return results[index]


def _appearance(disabled: bool) -> tuple[Style, float, str | None]:
    style = st.segmented_control(
        "Cells as",
        list(STYLES),
        default="Filled",
        required=True,
        key="segment-style",
        width="stretch",
        disabled=disabled,
    )
    opacity = st.slider(
        "Opacity", 0.0, 1.0, 0.45, 0.05, key="segment-opacity", disabled=disabled, format="percent"
    )
    colour = st.selectbox("Colour", list(COLOURS), key="segment-colour", disabled=disabled)
    return STYLES[style or "Filled"], opacity, COLOURS[colour]


def _downloads(result: Segmented, style: Style, opacity: float, colour: str | None) -> None:
    stem = stem_of(result.name)
    offers = [
        ("Mask, PNG", f"{stem}_mask.png", "image/png", lambda: png_bytes(result.mask())),
        (
            "Overlay, PNG",
            f"{stem}_overlay.png",
            "image/png",
            lambda: png_bytes(result.overlay(opacity, style, colour)),
        ),
        (
            "Labels, TIFF",
            f"{stem}_labels.tif",
            "image/tiff",
            lambda: label_tiff_bytes(np.asarray(result.labels)),
        ),
    ]
    for label, name, mime, make in offers:
        st.download_button(
            label,
            make,
            name,
            mime,
            key=f"download-{name.rsplit('_', 1)[1]}",
            on_click="ignore",
            icon=":material/download:",
            width="stretch",
        )


def table(results: Sequence[Segmented]) -> None:
    """Counts of all images, and everything in one zip."""
    st.subheader("All images", anchor=False)
    st.dataframe(
        {
            "Image": [result.name for result in results],
            "Cells": [result.cells for result in results],
            "Share of cells": [result.share for result in results],
            "Size": [f"{result.width} × {result.height}" for result in results],
        },
        column_config={"Share of cells": st.column_config.NumberColumn(format="percent")},
        hide_index=True,
        alt=f"Cell counts of {count(len(results), 'image')}",
    )
    st.download_button(
        "All label images, ZIP",
        lambda: packed(results),
        "cellseg_labels.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/folder_zip:",
    )


def packed(results: Sequence[Segmented]) -> bytes:
    """A zip with the label TIFF of every image; equal names get a number."""
    made = io.BytesIO()
    used: set[str] = set()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for result in results:
            stem, number = stem_of(result.name), 1
            name = f"{stem}_labels.tif"
            while name.casefold() in used:
                number += 1
                name = f"{stem}_{number}_labels.tif"
            used.add(name.casefold())
            archive.writestr(name, label_tiff_bytes(np.asarray(result.labels)))
    return made.getvalue()


def stem_of(name: str) -> str:
    """What the files made from an image are called after: its name without folder and suffix."""
    return PurePosixPath(name.replace("\\", "/")).stem or "image"


def _picture(
    result: Segmented, view: str, style: Style, opacity: float, colour: str | None
) -> NDArray[np.uint8]:
    rgb = _sharp(thumbnail(np.asarray(result.rgb), FINEST))
    labels = _sharp(thumbnail_labels(np.asarray(result.labels), FINEST))
    if view == "Image":
        return rgb
    if view == "Mask":
        return np.where(labels > 0, np.uint8(255), np.uint8(0))
    return overlay(rgb, labels, opacity=opacity, style=style, colour=colour)


def _sharp(array: NDArray) -> NDArray:
    """A small picture made larger by whole numbers, so that the browser does not blur it."""
    factor = max(1, TALLEST // max(array.shape[:2]))
    return array.repeat(factor, 0).repeat(factor, 1)
