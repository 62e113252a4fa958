"""Everything to take along: what is ticked, in one zip, with where it comes from."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from cellseg.analysis.filters import Filters
from cellseg.batches import results as out
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.exports.bundle import EXPORTS, Export
from cellseg.exports.provenance import methods
from cellseg.exports.tables import DIALECTS, Dialect
from cellseg.ui.results import state
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets import downloads, uploads
from cellseg.workspace import Workspace, slug

OFFERS: dict[Export, tuple[str, str]] = {
    "labels": (
        "Label images, TIFF",
        "A number for each cell, exact. Such a file looks black in most viewers, so a coloured "
        "preview lies beside it.",
    ),
    "overlay": ("Overlays, PNG", "The cells drawn over the image, to look at and for slides."),
    "csv": ("Table of cells, CSV", "A row for each cell of all images, for Excel, R or Python."),
    "rois": ("ROIs for ImageJ and Fiji", "A zip for the ROI Manager; filled, exact to the pixel."),
    "geojson": ("GeoJSON for QuPath", "Detections with their measurements, exact to the pixel."),
    "coco": ("COCO, JSON", "Run-length masks of all images, for machine learning."),
    "ome": ("OME-TIFF", "The image and its labels in one file, with the size of a pixel."),
    "mask": ("Masks, PNG", "White where cells are, black elsewhere."),
    "probability": ("Probability, TIFF", "How sure the model is of each pixel, 0 to 1."),
}
USUAL: tuple[Export, ...] = ("labels", "overlay", "csv")
DIALECT_NAMES: dict[Dialect, str] = {
    "scikit-image": "scikit-image",
    "cellprofiler": "CellProfiler",
}


def show(
    workspace: Workspace, results: Results, segmented: SegmentedImage, filters: Filters
) -> None:
    """Tick, pack, take the zip; the methods paragraph to copy."""
    key = f"{results.key}-export"
    st.markdown("**What to take along**, all in one zip")
    kinds = _ticked(key)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        images = _images(key, results, segmented)
        dialect = st.segmented_control(
            "Column names as in",
            DIALECTS,
            default="scikit-image",
            required=True,
            format_func=lambda name: DIALECT_NAMES[name],
            key=f"{key}-dialect",
            disabled="csv" not in kinds,
        )
    _said(images, filters)
    _packed(workspace, results, images, kinds, filters, dialect)
    with st.container():
        if st.toggle("Methods paragraph for a paper", key=f"{key}-methods"):
            with st.spinner("Counting cells"):
                facts = out.facts(images, results.model, filters, results.options)
            st.code(methods(facts), language=None, wrap_lines=True)
            st.caption("The zip holds it too: methods.txt, beside provenance.json.")


def _ticked(key: str) -> list[Export]:
    kinds = []
    with st.grid(3, min_column_width=220):
        for kind in [kind for kind in OFFERS if kind in EXPORTS]:
            title, meaning = OFFERS[kind]
            if st.checkbox(title, kind in USUAL, key=f"{key}-{kind}", help=meaning):
                kinds.append(kind)
    return kinds


def _images(key: str, results: Results, segmented: SegmentedImage) -> tuple[SegmentedImage, ...]:
    if len(results.images) == 1:
        return results.images
    every = f"All {len(results.images):,} images"
    scope = st.segmented_control(
        "Of", [every, "This image"], default=every, required=True, key=f"{key}-scope"
    )
    return results.images if scope == every else (segmented,)


def _said(images: Sequence[SegmentedImage], filters: Filters) -> None:
    """How many cells go out and how many the filters leave behind."""
    whole = sum(segmented.cells for segmented in images)
    with progress_bar.delayed() as tell:
        cells = sum(state.counts(images, filters, tell).values())
    said = f"{count(cells, 'cell')} in {count(len(images), 'image')}."
    if filters.clauses():
        said += f" :material/filter_alt: The filters leave out {whole - cells:,}: "
        said += f"{plain('; '.join(filters.clauses()))}."
    st.caption(said)


def _packed(
    workspace: Workspace,
    results: Results,
    images: Sequence[SegmentedImage],
    kinds: list[Export],
    filters: Filters,
    dialect: Dialect,
) -> None:
    """A button that packs, then one that gives; what was packed holds until something changes."""
    key = f"{results.key}-export"
    wanted = (
        *(f"{segmented.version} {segmented.name} {segmented.pixel_size}" for segmented in images),
        *kinds,
        filters.model_dump_json(),
        results.options.model_dump_json(),
        dialect,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Make the zip",
            key=f"{key}-pack",
            icon=":material/folder_zip:",
            disabled=not kinds,
            type="primary" if _made(key, wanted) is None else "secondary",
        )
        slot = st.container()
    if pressed:
        target = uploads.private_folder(workspace) / "downloads"
        with frame.boundary():
            path = _write(target, results, images, kinds, filters, dialect)
            st.session_state[f"{key}-made"] = (wanted, str(path))
    made = _made(key, wanted)
    with slot:
        if made is not None:
            downloads.offer(made, f"{key}-download")


def _made(key: str, wanted: tuple[str, ...]) -> Path | None:
    made = st.session_state.get(f"{key}-made")
    if made is None or made[0] != wanted or not Path(made[1]).is_file():
        return None
    return Path(made[1])


def _write(
    folder: Path,
    results: Results,
    images: Sequence[SegmentedImage],
    kinds: list[Export],
    filters: Filters,
    dialect: Dialect,
) -> Path:
    """Write the zip with a bar; a click elsewhere ends it and leaves nothing behind."""
    bar = st.progress(0.0, "Counting cells")

    def progress(done: int, of: int, name: str) -> None:
        text = f"Packing {name}, {done + 1} of {of}" if name else "Closing the zip"
        bar.progress(done / max(1, of), plain(text))

    name = slug(results.name) or "cells"
    path = folder / f"{name}_cells.zip"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        out.write(path, images, kinds, results.model, filters, results.options, dialect, progress)
    finally:
        bar.empty()
    return path
