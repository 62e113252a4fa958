"""An image with its cells in the browser, at full resolution: look, zoom, select."""

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
    Packed,
    bits,
    names,
    numbers,
    pack_image,
    pack_labels,
    pack_probability,
    paints,
    step_of,
)
from cellseg.ui.widgets import streaming
from cellseg.ui.widgets.javascript import joined

_CANVAS = Path(__file__).with_name("canvas")
_KEPT = 4
"""Versions of each layer that stay packed in the memory of the server, for each tab."""


@dataclass(frozen=True)
class Seen:
    """What the user did in the viewer.

    selected : labels of the selected cells, in the order of the clicks.
    changed : whether they are new with this run of the page; keep them then.
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
) -> Seen:
    """Show an image and its cells.

    The pixels go to the browser once, as files of their own that the page only names: packed when
    a `version` is new, fetched when the browser does not have them, unchanged in every bit. What
    changes from run to run (filter, colours, selection) is a small table with a number for each
    cell. Layers, colours, contrast, zoom and pan are the browser's alone: they run nothing here.

    Parameters
    ----------
    key : of the component; a changed image under the same key keeps the settings of the user.
    labels, truth : cells found and cells drawn by hand, whole numbers (Y, X), 0 is background.
    name : of the image, for those who hear the page.
    version : identity of the pixels of all layers; must change where one of the arrays does.
    probability : of foreground, (Y, X), 0 to 1.
    kept : labels that pass the filters; None for all. The others are not drawn.
    values : name of a column and its value by label, which the cells can be coloured by.
    marks, truth_marks : colour (`#rrggbb`) by label, such as what became of a cell.
    legend : what each colour of the marks means, by colour.
    selected : labels to light up; one of them is brought into view when they change.
    pixel_size : side of a pixel in µm, for the scale bar.
    height : of the picture on the page, pixels.

    Raises
    ------
    ValueError
        Where the arrays differ in height or width.
    """
    size = image.pixels.shape[:2]
    for array in (labels, truth, probability):
        if array is not None and array.shape != size:
            raise ValueError(f"an image of {size} and a layer of {array.shape} do not fit")
    cells, ids = _cells(key, "cells", version, labels)
    drawn, drawn_ids = _cells(key, "truth", version, truth)
    if cells is not None:
        cells["kept"] = None if kept is None else bits(ids, kept)
        cells["values"] = {"name": values[0], **numbers(ids, values[1])} if values else None
        cells["marks"] = paints(ids, marks) if marks else None
    if drawn is not None:
        drawn["marks"] = paints(drawn_ids, truth_marks) if truth_marks else None
    known = set(ids.tolist())
    lit = [label for label in dict.fromkeys(int(label) for label in selected) if label in known]
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
        "selected": lit,
    }
    result = _mount(data=data, key=key, on_clicked_change=lambda: None)
    return heard(result.clicked, lit, known)


def heard(said: object, lit: Sequence[int], known: Collection[int]) -> Seen:
    """What the browser says was selected, or else what was; nothing that it says is trusted.

    Parameters
    ----------
    said : None, or a list of labels. lit : labels selected before. known : labels there are.
    """
    if not isinstance(said, list):
        return Seen(tuple(lit), False)
    labels = [label for label in said if type(label) is int and label in known]
    return Seen(tuple(dict.fromkeys(labels)), True)


def _picture(key: str, version: str, image: Image) -> dict[str, Any]:
    packed = _packed(version, "image", _sort(image.pixels), lambda: pack_image(image))
    coarse = ""
    if packed.preview:
        coarse = _address(f"{key}-preview", f"{packed.identity}-preview", packed.preview)
    return {
        "url": _address(f"{key}-image", packed.identity, packed.content),
        "preview": coarse,
        "coarseness": PREVIEW,
        "names": list(image.channel_names),
        **packed.facts,
    }


def _cells(
    key: str, layer: str, version: str, labels: NDArray | None
) -> tuple[dict[str, Any] | None, NDArray[np.int64]]:
    """What the browser must know of a layer of cells, and their labels."""
    if labels is None:
        return None, np.zeros(0, np.int64)
    packed = _packed(version, layer, _sort(labels), lambda: pack_labels(labels))
    address = _address(f"{key}-{layer}", packed.identity, packed.content)
    return {"url": address, "ids": names(packed.ids), **packed.facts}, packed.ids


def _map(key: str, version: str, probability: NDArray[np.floating] | None) -> dict[str, Any] | None:
    if probability is None:
        return None
    packed = _packed(
        version, "probability", _sort(probability), lambda: pack_probability(probability)
    )
    address = _address(f"{key}-probability", packed.identity, packed.content)
    return {"url": address, **packed.facts}


@st.cache_resource(scope="session", max_entries=4 * _KEPT, show_spinner=False)
def _packed(version: str, layer: str, sort: str, _pack: Callable[[], Packed]) -> Packed:
    """A layer, packed once for each version that the tab looks at."""
    return _pack()


def _sort(array: NDArray) -> str:
    return f"{array.dtype} {array.shape}"


def _address(place: str, identity: str, content: bytes) -> str:
    """Where the browser finds bytes; they stay there as long as the page shows them.

    The server tells large files apart by a part of their content only; the identity in the name
    makes it whole.
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
    js=joined(_CANVAS / "main.js"),
)
