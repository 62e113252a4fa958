"""The download: the chosen files in one zip, with provenance and a methods paragraph."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from cellseg.analysis.filters import Filters
from cellseg.batches import results as out
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.exports.bundle import EXPORTS, Export
from cellseg.exports.provenance import methods
from cellseg.exports.tables import CSV_FORMATS, DIALECTS, CsvFormat, Dialect
from cellseg.ui.results import state
from cellseg.ui.results.state import Results
from cellseg.ui.shell import frame, progress_bar
from cellseg.ui.shell.formatting import count, plain
from cellseg.ui.widgets import downloads, uploads
from cellseg.workspace import Workspace, slug

EXPORT_TEXTS: dict[Export, tuple[str, str]] = {
    "labels": (
        "Label images, TIFF",
        "Each pixel has the number of its cell. Most viewers show such a file black, so a coloured "
        "preview is added.",
    ),
    "overlay": ("Overlays, PNG", "The cells drawn over the image, for inspection and for slides."),
    "csv": ("Measurements, CSV", "A row for each cell of all images, for Excel, R or Python."),
    "xlsx": (
        "Measurements, Excel",
        "A workbook with a sheet of the images, with counts and statistics, and one of the cells.",
    ),
    "rois": (
        "ROIs for ImageJ and Fiji",
        "For the ROI Manager; each cell is one ROI, exact to the pixel.",
    ),
    "geojson": ("GeoJSON for QuPath", "Detections with their measurements, exact to the pixel."),
    "coco": ("COCO, JSON", "Run-length encoded masks of all images, for machine learning."),
    "ome": ("OME-TIFF", "The image and its label image in one file, with the pixel size."),
    "mask": ("Binary masks, PNG", "Cells are white, the background is black."),
    "probability": ("Probability maps, TIFF", "Foreground probability of each pixel, 0 to 1."),
}
DEFAULT_EXPORTS: tuple[Export, ...] = ("labels", "overlay", "csv")
DIALECT_NAMES: dict[Dialect, str] = {
    "scikit-image": "scikit-image",
    "cellprofiler": "CellProfiler",
}

CSV_FORMAT_NAMES: dict[CsvFormat, str] = {
    "comma": "1.5, 2.5",
    "semicolon": "1,5; 2,5",
}


def show(
    workspace: Workspace, results: Results, segmented: SegmentedImage, filters: Filters
) -> None:
    """Choose files, create the zip, download it; copy the methods paragraph."""
    key = f"{results.key}-export"
    st.markdown("**Files to download**, in one zip")
    kinds = _chosen_exports(key)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        images = _images(key, results, segmented)
        dialect = st.segmented_control(
            "Column names of",
            DIALECTS,
            default="scikit-image",
            required=True,
            format_func=lambda name: DIALECT_NAMES[name],
            key=f"{key}-dialect",
            disabled=not {"csv", "xlsx"} & set(kinds),
        )
        csv_format = st.segmented_control(
            "CSV format",
            CSV_FORMATS,
            default="comma",
            required=True,
            format_func=lambda name: CSV_FORMAT_NAMES[name],
            key=f"{key}-csv-format",
            help="Choose semicolons where Excel shows each row in one column.",
        )
    _cell_count(images, filters)
    _zip(workspace, results, images, kinds, filters, dialect, csv_format)
    with st.container():
        if st.toggle("Methods paragraph", key=f"{key}-methods"):
            with st.spinner("Counting cells"):
                provenance = out.provenance_of(images, results.model, filters, results.options)
            st.code(methods(provenance), language=None, wrap_lines=True)
            st.caption("The zip contains it as methods.txt, next to provenance.json.")


def _chosen_exports(key: str) -> list[Export]:
    kinds = []
    with st.grid(3, min_column_width=220):
        for kind in [kind for kind in EXPORT_TEXTS if kind in EXPORTS]:
            title, explanation = EXPORT_TEXTS[kind]
            if st.checkbox(title, kind in DEFAULT_EXPORTS, key=f"{key}-{kind}", help=explanation):
                kinds.append(kind)
    return kinds


def _images(key: str, results: Results, segmented: SegmentedImage) -> tuple[SegmentedImage, ...]:
    if len(results.images) == 1:
        return results.images
    every = f"All {len(results.images):,} images"
    scope = st.segmented_control(
        "Images", [every, "This image"], default=every, required=True, key=f"{key}-scope"
    )
    return results.images if scope == every else (segmented,)


def _cell_count(images: Sequence[SegmentedImage], filters: Filters) -> None:
    """The number of exported cells, and of those that the filters exclude."""
    total = sum(segmented.cells for segmented in images)
    with progress_bar.delayed() as report:
        cells = sum(state.counts(images, filters, report).values())
    text = f"{count(cells, 'cell')} in {count(len(images), 'image')}."
    if filters.clauses():
        text += f" :material/filter_alt: The filters exclude {count(total - cells, 'cell')}: "
        text += f"{plain('; '.join(filters.clauses()))}."
    st.caption(text)


def _zip(
    workspace: Workspace,
    results: Results,
    images: Sequence[SegmentedImage],
    kinds: list[Export],
    filters: Filters,
    dialect: Dialect,
    csv_format: CsvFormat,
) -> None:
    """A button that creates the zip, and one that downloads it until a choice changes."""
    key = f"{results.key}-export"
    request = (
        *(f"{segmented.version} {segmented.name} {segmented.pixel_size}" for segmented in images),
        *kinds,
        filters.model_dump_json(),
        results.options.model_dump_json(),
        dialect,
        csv_format,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Create zip",
            key=f"{key}-pack",
            icon=":material/folder_zip:",
            disabled=not kinds,
            type="primary" if _created(key, request) is None else "secondary",
        )
        slot = st.container()
    if pressed:
        target = uploads.private_folder(workspace) / "downloads"
        with frame.boundary():
            path = _write(target, results, images, kinds, filters, dialect, csv_format)
            st.session_state[f"{key}-zip"] = (request, str(path))
    created = _created(key, request)
    with slot:
        if created is not None:
            downloads.button(created, f"{key}-download")


def _created(key: str, request: tuple[str, ...]) -> Path | None:
    created = st.session_state.get(f"{key}-zip")
    if created is None or created[0] != request or not Path(created[1]).is_file():
        return None
    return Path(created[1])


def _write(
    folder: Path,
    results: Results,
    images: Sequence[SegmentedImage],
    kinds: list[Export],
    filters: Filters,
    dialect: Dialect,
    csv_format: CsvFormat,
) -> Path:
    """Write the zip with a progress bar; if another click interrupts it, no file is left."""
    bar = st.progress(0.0, "Counting cells")

    def progress(done: int, total: int, name: str) -> None:
        text = f"Packing {name}, {done + 1} of {total}" if name else "Finishing the zip"
        bar.progress(done / max(1, total), plain(text))

    name = slug(results.name) or "cells"
    path = folder / f"{name}_cells.zip"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        out.write(
            path,
            images,
            kinds,
            results.model,
            filters,
            results.options,
            dialect,
            csv_format,
            progress,
        )
    finally:
        bar.empty()
    return path
