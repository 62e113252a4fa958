"""Results for exports: the cells that pass the filters, and their provenance."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellseg.analysis.filters import Filters
from cellseg.analysis.image_table import ImageCells
from cellseg.analysis.label_runs import keep_labels
from cellseg.batches.segmented_image import SegmentedImage
from cellseg.config import PredictionOptions
from cellseg.exports.bundle import (
    COCO,
    IMAGES_TABLE,
    METHODS,
    PROVENANCE,
    TABLE,
    WORKBOOK,
    Export,
    ImageResult,
    provenance_json,
    table_files,
    write_bundle,
)
from cellseg.exports.coco import coco_image, coco_json
from cellseg.exports.provenance import methods, provenance
from cellseg.exports.tables import CsvFormat, Dialect
from cellseg.models.store import Model
from cellseg.workspace import write_bytes, write_chunks

Progress = Callable[[int, int, str], None]


def filtered(segmented: SegmentedImage, filters: Filters) -> ImageResult:
    """An image with the cells that pass the filters, ready for every export."""
    labels, table = kept(segmented, filters)
    return ImageResult(
        segmented.name,
        segmented.image(),
        labels,
        table,
        segmented.probability(),
        segmented.pixel_size,
    )


def kept(segmented: SegmentedImage, filters: Filters) -> tuple[NDArray[np.integer], pd.DataFrame]:
    """The cells of an image that pass the filters.

    Returns
    -------
    Their label image (Y, X), in which the others are background, and their rows of the table.
    """
    table = rows(segmented, filters)
    labels: NDArray[np.integer] = segmented.labels()
    if len(table) < segmented.cells:
        labels = keep_labels(labels, table["label"].to_numpy())
    return labels, table


def rows(segmented: SegmentedImage, filters: Filters) -> pd.DataFrame:
    """The rows of the table of an image that pass the filters."""
    table = segmented.table()
    keep = filters.keep(table)
    return table if keep.all() else table[keep].reset_index(drop=True)


def provenance_of(
    images: Sequence[SegmentedImage],
    model: Model,
    filters: Filters,
    options: PredictionOptions | None = None,
) -> dict[str, Any]:
    """Where the results of images come from, after filters; as `provenance.provenance`.

    The pixel size, and what was taken of each file, are given where all images have the same.
    """
    cells = {segmented.name: cells_kept(segmented, filters) for segmented in images}
    sizes = {segmented.pixel_size for segmented in images}
    views = {segmented.view for segmented in images}
    view = views.pop() if len(views) == 1 else None
    settings = (options or PredictionOptions()).model_dump(mode="json", exclude_none=True)
    if view is not None:
        settings["view"] = view.model_dump(mode="json", exclude_defaults=True)
    settings["filters"] = filters.model_dump(mode="json", exclude_defaults=True)
    return provenance(
        cells,
        model,
        filters=filters.clauses(),
        left_out=sum(segmented.cells for segmented in images) - sum(cells.values()),
        pixel_size=sizes.pop() if len(sizes) == 1 else None,
        warnings={segmented.name: segmented.warnings for segmented in images},
        precision=sorted({segmented.precision for segmented in images if segmented.precision}),
        settings=settings,
    )


def image_cells(segmented: SegmentedImage, filters: Filters) -> ImageCells:
    """What the table of images needs of an image."""
    return ImageCells(
        segmented.name,
        rows(segmented, filters),
        segmented.height,
        segmented.width,
        segmented.pixel_size,
        segmented.warnings,
    )


def cells_kept(segmented: SegmentedImage, filters: Filters) -> int:
    """The number of cells of an image that pass the filters."""
    if filters == Filters():
        return segmented.cells
    return int(np.count_nonzero(filters.keep(segmented.table())))


def write(
    path: Path,
    images: Sequence[SegmentedImage],
    kinds: Collection[Export],
    model: Model,
    filters: Filters,
    options: PredictionOptions | None = None,
    dialect: Dialect = "scikit-image",
    csv_format: CsvFormat = "comma",
    progress: Progress | None = None,
) -> None:
    """Write the exports of images as one zip, which takes its place only when it is whole.

    One image is in memory at a time, and the tables of all.

    Parameters
    ----------
    progress : called with (images done, images in all, name of the next); what it raises ends the
        work and leaves nothing behind.

    Raises
    ------
    CellsegError
        Where results are gone, or the disk is full or cannot be written.
    """

    def results() -> Iterator[ImageResult]:
        for done, segmented in enumerate(images):
            if progress:
                progress(done, len(images), segmented.name)
            yield filtered(segmented, filters)
        if progress:
            progress(len(images), len(images), "")

    found = provenance_of(images, model, filters, options)
    write_bundle(path, results(), kinds, found, dialect, csv_format)


def paths_together(output: Path, kinds: Collection[Export]) -> dict[str, Path]:
    """What is one file for all images of an output folder, by its kind."""
    paths = {
        "provenance": output / PROVENANCE,
        "methods": output / METHODS,
        "images_csv": output / IMAGES_TABLE,
    }
    if "csv" in kinds:
        paths["csv"] = output / TABLE
    if "xlsx" in kinds:
        paths["xlsx"] = output / WORKBOOK
    if "coco" in kinds:
        paths["coco"] = output / COCO
    return paths


def write_together(
    paths: Mapping[str, Path],
    images: Sequence[SegmentedImage],
    model: Model,
    filters: Filters,
    options: PredictionOptions,
) -> None:
    """Write what is one file for all images; of the pixels only the labels are read.

    Parameters
    ----------
    paths : from `paths_together`; none writes nothing.
    """
    tables = {TABLE: "csv", WORKBOOK: "xlsx", IMAGES_TABLE: "images_csv"}
    wanted: list[Export] = [kind for kind in ("csv", "xlsx") if kind in paths]
    cells = [image_cells(segmented, filters) for segmented in images] if paths else []
    for name, content in table_files(cells, wanted):
        write_bytes(paths[tables[name]], content)
    if "coco" in paths:
        parts = (coco_image(segmented.name, kept(segmented, filters)[0]) for segmented in images)
        write_chunks(paths["coco"], coco_json(parts))
    if paths:
        found = provenance_of(images, model, filters, options)
        write_bytes(paths["provenance"], provenance_json(found))
        write_bytes(paths["methods"], methods(found).encode())
