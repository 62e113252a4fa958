"""One zip with everything that was ticked, and with where it comes from."""

import io
import json
import os
import tempfile
import uuid
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellseg.analysis.label_runs import checked_labels, relabel_sequential
from cellseg.analysis.outlines import outlines
from cellseg.analysis.overlay import overlay
from cellseg.errors import CellsegError
from cellseg.exports.archive import add, add_pieces
from cellseg.exports.coco import coco_image, coco_json
from cellseg.exports.geojson import geojson
from cellseg.exports.labels import label_tiff, mask_png, preview_png
from cellseg.exports.ome import ome_tiff
from cellseg.exports.probability import probability_tiff
from cellseg.exports.provenance import methods
from cellseg.exports.rois import roi_zip
from cellseg.exports.tables import Dialect, csv_bytes
from cellseg.images.image import Image
from cellseg.images.scaling import to_rgb8
from cellseg.images.writing import png_bytes
from cellseg.workspace import disk_errors

Kind = Literal["labels", "mask", "overlay", "csv", "rois", "geojson", "coco", "ome", "probability"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TABLE, COCO = "measurements.csv", "coco.json"
PROVENANCE, METHODS = "provenance.json", "methods.txt"


@dataclass(frozen=True, eq=False)
class Result:
    """The cells of one image, as they are to be exported.

    name : file name of the image, with `/` between folders; its stem begins the names of the
        exports, which lie in the same folders.
    labels : (Y, X), the cells that are shown and no others (`label_runs.keep_labels`).
    table : one row for each of them, from `measurements.measure`.
    probability : of foreground, (Y, X), if there is one.
    pixel_size : side of a pixel in micrometres, if known.
    """

    name: str
    image: Image
    labels: NDArray[np.integer]
    table: pd.DataFrame
    probability: NDArray[np.floating] | None = None
    pixel_size: float | None = None

    @property
    def stem(self) -> str:
        """The name without its extension, and without what would lead out of a folder."""
        path = PurePosixPath(self.name.replace("\\", "/"))
        folders = [part for part in path.parent.parts if part not in ("/", "..")]
        return "/".join([*folders, path.stem])


def files(
    result: Result, kinds: Collection[Kind], stem: str | None = None
) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of one image; tables and COCO are no file of one image.

    With the label TIFF comes a coloured preview, so that nobody takes the labels for black. The
    map of probability is left out where there is none.

    Parameters
    ----------
    stem : begins the names, in place of the image's own.
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
    results: Iterable[Result],
    kinds: Collection[Kind],
    facts: Mapping[str, Any],
    dialect: Dialect = "scikit-image",
) -> bytes:
    """One zip: the files of each image, one table and one COCO file of all, and where from.

    Where two images differ in their extension alone, the files of the later one begin with its
    whole name.

    Parameters
    ----------
    results : one at a time, so that only the tables of all images are held together.
    facts : from `cellseg.exports.provenance.provenance`.

    Raises
    ------
    CellsegError
        Where two images have one name.
    ValueError
        Where a table does not hold the cells of its label image.
    """
    buffer = io.BytesIO()
    _fill(buffer, results, kinds, facts, dialect)
    return buffer.getvalue()


def write_bundle(
    path: Path,
    results: Iterable[Result],
    kinds: Collection[Kind],
    facts: Mapping[str, Any],
    dialect: Dialect = "scikit-image",
) -> None:
    """Write what `bundle` gives to a file, which takes its place only when it is whole."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with disk_errors(path.parent):
            with temporary.open("wb") as file:
                _fill(file, results, kinds, facts, dialect)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _fill(
    target: IO[bytes],
    results: Iterable[Result],
    kinds: Collection[Kind],
    facts: Mapping[str, Any],
    dialect: Dialect,
) -> None:
    tables = []
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w") as archive, tempfile.TemporaryFile() as parts:
        for result in results:
            _check(result)
            for name, content in files(result, kinds, _free_stem(result, taken)):
                add(archive, name, content)
            tables.append(result.table)
            if "coco" in kinds:
                part = coco_image(result.name, result.labels)
                parts.write(json.dumps(part).encode() + b"\n")
        if "csv" in kinds and tables:
            add(archive, TABLE, csv_bytes(tables, dialect))
        if "coco" in kinds:
            parts.seek(0)
            add_pieces(archive, COCO, coco_json(json.loads(line) for line in parts))
        add(archive, PROVENANCE, provenance_json(facts))
        add(archive, METHODS, methods(facts).encode())


def provenance_json(facts: Mapping[str, Any]) -> bytes:
    """The file of facts from `cellseg.exports.provenance.provenance`."""
    return json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False).encode()


def _free_stem(result: Result, taken: set[str]) -> str:
    """What the files of an image begin with, and no others; case is no difference."""
    suffix = PurePosixPath(result.name).suffix
    for stem in (result.stem, f"{result.stem}{suffix}"):
        if stem.casefold() not in taken:
            taken.add(stem.casefold())
            return stem
    raise CellsegError(
        f"Two images are named {result.name}; rename one of them or export them apart."
    )


def _check(result: Result) -> None:
    cells, _ = relabel_sequential(checked_labels(result.labels))
    if not np.array_equal(cells, np.sort(result.table["label"])):
        raise ValueError(f"the table of {result.name} does not hold the cells of its label image")
