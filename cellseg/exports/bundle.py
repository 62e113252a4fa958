"""One zip with the chosen exports of all images, their provenance and a methods text."""

import io
import json
import os
import tempfile
import uuid
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellseg.analysis.image_table import ImageCells, image_table
from cellseg.analysis.label_runs import checked_labels, relabel_sequential
from cellseg.analysis.outlines import outlines
from cellseg.analysis.overlay import overlay
from cellseg.errors import CellsegError
from cellseg.exports.coco import coco_image, coco_json
from cellseg.exports.geojson import geojson
from cellseg.exports.labels import label_tiff, mask_png, preview_png
from cellseg.exports.ome import ome_tiff
from cellseg.exports.probability import probability_tiff
from cellseg.exports.provenance import methods
from cellseg.exports.rois import roi_zip
from cellseg.exports.tables import CsvFormat, Dialect, cell_table, csv_bytes, xlsx_bytes
from cellseg.exports.zip_files import add_chunks, add_file
from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8
from cellseg.images.writing import png_bytes
from cellseg.workspace import disk_errors

Export = Literal[
    "labels", "mask", "overlay", "csv", "xlsx", "rois", "geojson", "coco", "ome", "probability"
]
EXPORTS: tuple[Export, ...] = get_args(Export)
TABLE, IMAGES_TABLE, WORKBOOK = "measurements.csv", "images.csv", "measurements.xlsx"
COCO = "coco.json"
PROVENANCE, METHODS = "provenance.json", "methods.txt"


@dataclass(frozen=True, eq=False)
class ImageResult:
    """The result of one image, ready for export.

    name : file name of the image, with `/` between folders; folders and stem begin the names of
        its exports.
    labels : label image (Y, X) of the cells that passed the filters.
    table : one row for each cell, from `measurements.measure`.
    probability : foreground probability (Y, X), or None.
    pixel_size : side of a pixel in micrometres; None where it is unknown.
    """

    name: str
    image: Image
    labels: NDArray[np.integer]
    table: pd.DataFrame
    probability: NDArray[np.floating] | None = None
    pixel_size: float | None = None

    @property
    def stem(self) -> str:
        """The name without extension, and without `..` or a root."""
        path = PurePosixPath(self.name.replace("\\", "/"))
        folders = [part for part in path.parent.parts if part not in ("/", "..")]
        return "/".join([*folders, path.stem])


def image_files(
    result: ImageResult, kinds: Collection[Export], stem: str | None = None
) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files of one image; `csv` and `coco` are files of all images.

    A coloured preview accompanies the label TIFF, which looks black in most viewers. The
    probability map is left out where there is none.

    Parameters
    ----------
    kinds : exports to write.
    stem : beginning of the names; None means that of the image.
    """
    stem, size = stem or result.stem, result.pixel_size
    if "labels" in kinds:
        yield f"{stem}_labels.tif", label_tiff(result.labels, size)
        yield f"{stem}_preview.png", preview_png(result.labels)
    if "mask" in kinds:
        yield f"{stem}_mask.png", mask_png(result.labels)
    if "overlay" in kinds:
        yield f"{stem}_overlay.png", png_bytes(overlay(to_rgb8(result.image), result.labels))
    if "rois" in kinds or "geojson" in kinds:
        cells = outlines(result.labels)
        if "rois" in kinds:
            yield f"{stem}_rois.zip", roi_zip(cells)
        if "geojson" in kinds:
            yield f"{stem}.geojson", geojson(cells, result.table, result.name)
    if "ome" in kinds:
        title = PurePosixPath(result.stem).name
        yield f"{stem}.ome.tif", ome_tiff(result.image, result.labels, title, size)
    if "probability" in kinds and result.probability is not None:
        yield f"{stem}_probability.tif", probability_tiff(result.probability, size)


def bundle(
    results: Iterable[ImageResult],
    kinds: Collection[Export],
    provenance: Mapping[str, Any],
    dialect: Dialect = "scikit-image",
    csv_format: CsvFormat = "comma",
) -> bytes:
    """One zip: files of each image, tables of images and cells, provenance and methods text.

    Of two images that differ only in the extension, the files of the second begin with its name
    and extension.

    Parameters
    ----------
    results : read one at a time, so that memory holds one image and all tables.
    kinds : exports to write.
    provenance : from `cellseg.exports.provenance.provenance`.
    dialect : names and units of the columns of the table of cells.
    csv_format : of the CSV files.

    Raises
    ------
    CellsegError
        Where two images have the same name.
    ValueError
        Where a table does not have the cells of its label image.
    """
    buffer = io.BytesIO()
    _write_zip(buffer, results, kinds, provenance, dialect, csv_format)
    return buffer.getvalue()


def write_bundle(
    path: Path,
    results: Iterable[ImageResult],
    kinds: Collection[Export],
    provenance: Mapping[str, Any],
    dialect: Dialect = "scikit-image",
    csv_format: CsvFormat = "comma",
) -> None:
    """Write a `bundle` to a file, which appears when it is complete."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with disk_errors(path.parent):
            with temporary.open("wb") as file:
                _write_zip(file, results, kinds, provenance, dialect, csv_format)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_zip(
    target: IO[bytes],
    results: Iterable[ImageResult],
    kinds: Collection[Export],
    provenance: Mapping[str, Any],
    dialect: Dialect,
    csv_format: CsvFormat,
) -> None:
    cells: list[ImageCells] = []
    warnings = {image["name"]: image.get("warnings", ()) for image in provenance.get("images", ())}
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w") as archive, tempfile.TemporaryFile() as parts:
        for result in results:
            _check_table(result)
            for name, content in image_files(result, kinds, _free_stem(result, taken)):
                add_file(archive, name, content)
            cells.append(image_cells(result, warnings.get(result.name, ())))
            if "coco" in kinds:
                part = coco_image(result.name, result.labels)
                parts.write(json.dumps(part).encode() + b"\n")
        for name, content in table_files(cells, kinds, dialect, csv_format):
            add_file(archive, name, content)
        if "coco" in kinds:
            parts.seek(0)
            add_chunks(archive, COCO, coco_json(json.loads(line) for line in parts))
        add_file(archive, PROVENANCE, provenance_json(provenance))
        add_file(archive, METHODS, methods(provenance).encode())


def image_cells(result: ImageResult, warnings: Sequence[str] = ()) -> ImageCells:
    """What the table of images needs of a result."""
    height, width = result.labels.shape
    return ImageCells(result.name, result.table, height, width, result.pixel_size, warnings)


def table_files(
    images: Sequence[ImageCells],
    kinds: Collection[Export],
    dialect: Dialect = "scikit-image",
    csv_format: CsvFormat = "comma",
) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the tables: of the images always, of the cells where asked for."""
    if not images:
        return
    overview = image_table(images)
    yield IMAGES_TABLE, csv_bytes(overview, csv_format)
    if not {"csv", "xlsx"} & set(kinds):
        return
    cells = cell_table([one.table for one in images], dialect)
    if "csv" in kinds:
        yield TABLE, csv_bytes(cells, csv_format)
    if "xlsx" in kinds:
        yield WORKBOOK, xlsx_bytes({"images": overview, "cells": cells})


def provenance_json(provenance: Mapping[str, Any]) -> bytes:
    """Provenance as a JSON file."""
    return json.dumps(provenance, indent=1, ensure_ascii=False, allow_nan=False).encode()


def _free_stem(result: ImageResult, taken: set[str]) -> str:
    """Unique beginning of the file names of an image, ignoring case."""
    suffix = PurePosixPath(result.name).suffix
    for stem in (result.stem, f"{result.stem}{suffix}"):
        if stem.casefold() not in taken:
            taken.add(stem.casefold())
            return stem
    raise CellsegError(
        f"Two images are named {result.name}; rename one of them or export them separately."
    )


def _check_table(result: ImageResult) -> None:
    cells, _ = relabel_sequential(checked_labels(result.labels))
    if not np.array_equal(cells, np.sort(result.table["label"])):
        raise ValueError(f"the table of {result.name} does not have the cells of its label image")
