"""The image viewer in the browser: image, cells, ground truth and probability map as layers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime import get_instance

from cellseg.images.image import Image
from cellseg.ui.viewer.layers import (
    PREVIEW,
    EncodedLayer,
    bit_mask,
    colour_table,
    label_table,
    pack_image,
    pack_labels,
    pack_probability,
    step_of,
    value_table,
)
from cellseg.ui.widgets import streaming
from cellseg.ui.widgets.javascript import joined_script

_CANVAS = Path(__file__).with_name("canvas")
_CACHED = 4
"""Versions of each layer that stay packed in the memory of the server, for each tab."""


@dataclass(frozen=True)
class ViewerState:
    """The selection in the viewer.

    selected : labels of the selected cells, in the order of the clicks.
    changed : whether the user has changed it since the last run of the page.
    """

    selected: tuple[int, ...]
    changed: bool


def viewer(
    key: str,
    image: Image,
    labels: NDArray | None = None,
    *,
    name: str,
    version: str,
    truth: NDArray | None = None,
    probability: NDArray[np.floating] | None = None,
    kept: Collection[int] | None = None,
    values: tuple[str, Mapping[int, float]] | None = None,
    marks: Mapping[int, str] | None = None,
    truth_marks: Mapping[int, str] | None = None,
    legend: Mapping[str, str] | None = None,
    selected: Sequence[int] = (),
    pixel_size: float | None = None,
    height: int = 620,
) -> ViewerState:
    """Show an image with its cells.

    The pixels are sent to the browser once, without loss, as files whose addresses the page
    contains: packed when `version` is new, fetched when the browser does not have them. What
    changes between runs (filters, colours, selection) is a small table with a number for each
    cell. Layers, colours, contrast, zoom and pan exist only in the browser and rerun nothing.

    Parameters
    ----------
    key : of the component; under the same key, another image keeps the settings of the user.
    labels, truth : label images (Y, X) of the prediction and of the ground truth.
    name : of the image, part of the alternative text.
    version : of the pixels of all layers; must change whenever one of the arrays does.
    probability : of foreground, (Y, X), 0 to 1.
    kept : labels that pass the filters and are drawn; None draws all.
    values : heading and values (by label) of the measurement by which cells can be coloured.
    marks, truth_marks : colours (`#rrggbb`) by label, such as those of matches.
    legend : meaning of the colours of the marks, by colour.
    selected : selected labels; the view moves to one of them when they change.
    pixel_size : side of a pixel in µm, for the scale bar.
    height : of the picture on the page, pixels.

    Raises
    ------
    ValueError
        If the arrays differ in height or width.
    """
    size = image.pixels.shape[:2]
    for array in (labels, truth, probability):
        if array is not None and array.shape != size:
            raise ValueError(f"an image of {size} and a layer of {array.shape} do not fit")
    cells, ids = _cells(key, "cells", version, labels)
    drawn, drawn_ids = _cells(key, "truth", version, truth)
    if cells is not None:
        cells["kept"] = None if kept is None else bit_mask(ids, kept)
        cells["values"] = {"name": values[0], **value_table(ids, values[1])} if values else None
        cells["marks"] = colour_table(ids, marks) if marks else None
    if drawn is not None:
        drawn["marks"] = colour_table(drawn_ids, truth_marks) if truth_marks else None
    known = set(ids.tolist())
    current = [label for label in dict.fromkeys(int(label) for label in selected) if label in known]
    data = {
        "key": key,
        "name": name,
        "height": height,
        "shape": [int(side) for side in size],
        "step": step_of(*size),
        "pixelSize": pixel_size,
        "image": _picture(key, version, image),
        "cells": cells,
        "truth": drawn,
        "probability": _map(key, version, probability),
        "legend": list((legend or {}).items()),
        "selected": current,
    }
    result = _mount(data=data, key=key, on_clicked_change=lambda: None)
    return selection_from(result.clicked, current, known)


def selection_from(message: object, current: Sequence[int], known: Collection[int]) -> ViewerState:
    """The selection that the browser has sent, or the current one; the message is not trusted.

    Parameters
    ----------
    message : None, or a list of labels.
    current : labels selected before.
    known : labels of the image.
    """
    if not isinstance(message, list):
        return ViewerState(tuple(current), False)
    labels = [label for label in message if type(label) is int and label in known]
    return ViewerState(tuple(dict.fromkeys(labels)), True)


def _picture(key: str, version: str, image: Image) -> dict[str, Any]:
    packed = _packed(version, "image", _array_type(image.pixels), lambda: pack_image(image))
    preview = ""
    if packed.preview:
        preview = _address(f"{key}-preview", f"{packed.identity}-preview", packed.preview)
    return {
        "url": _address(f"{key}-image", packed.identity, packed.content),
        "preview": preview,
        "coarseness": PREVIEW,
        "names": list(image.channel_names),
        **packed.facts,
    }


def _cells(
    key: str, layer: str, version: str, labels: NDArray | None
) -> tuple[dict[str, Any] | None, NDArray[np.int64]]:
    """The description of a layer of cells for the browser, and the labels of the cells."""
    if labels is None:
        return None, np.zeros(0, np.int64)
    packed = _packed(version, layer, _array_type(labels), lambda: pack_labels(labels))
    address = _address(f"{key}-{layer}", packed.identity, packed.content)
    return {"url": address, "ids": label_table(packed.ids), **packed.facts}, packed.ids


def _map(key: str, version: str, probability: NDArray[np.floating] | None) -> dict[str, Any] | None:
    if probability is None:
        return None
    packed = _packed(
        version, "probability", _array_type(probability), lambda: pack_probability(probability)
    )
    address = _address(f"{key}-probability", packed.identity, packed.content)
    return {"url": address, **packed.facts}


@st.cache_resource(scope="session", max_entries=4 * _CACHED, show_spinner=False)
def _packed(
    version: str, layer: str, array_type: str, _pack: Callable[[], EncodedLayer]
) -> EncodedLayer:
    """A packed layer, cached for each version that the tab shows."""
    return _pack()


def _array_type(array: NDArray) -> str:
    return f"{array.dtype} {array.shape}"


def _address(place: str, identity: str, content: bytes) -> str:
    """The address of bytes for the browser, which is valid as long as the page shows them.

    The server identifies large files by a part of their content; the identity in the file name
    makes the address unique.
    """
    files = get_instance().media_file_mgr
    url = files.add(content, "application/octet-stream", f"viewer-{place}", file_name=identity)
    return f"{streaming.base()}{url}"


def _asset(name: str) -> str:
    return (_CANVAS / name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "cellseg_viewer",
    html=_asset("viewer.html"),
    css=_asset("viewer.css"),
    js=joined_script(_CANVAS / "main.js"),
)
