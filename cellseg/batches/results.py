"""Results on their way out: what filters leave of them, and where they come from."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellseg.analysis.filters import Filters
from cellseg.analysis.label_runs import selected
from cellseg.batches.found import Found
from cellseg.config import PredictionOptions
from cellseg.exports.bundle import Kind, Result, write_bundle
from cellseg.exports.provenance import provenance
from cellseg.exports.tables import Dialect
from cellseg.models.store import Model

Progress = Callable[[int, int, str], None]


def filtered(found: Found, filters: Filters) -> Result:
    """An image with the cells that pass the filters, ready for every export."""
    table = found.table()
    labels: NDArray[np.integer] = found.labels()
    keep = filters.keep(table)
    if not keep.all():
        table = table[keep].reset_index(drop=True)
        labels = selected(labels, table["label"].to_numpy())
    return Result(found.name, found.image(), labels, table, found.probability(), found.pixel_size)


def facts(
    founds: Sequence[Found],
    model: Model,
    filters: Filters,
    options: PredictionOptions | None = None,
) -> dict[str, Any]:
    """Where the results of images come from, after filters; as `provenance.provenance`.

    The pixel size is given where all images have the same.
    """
    cells, left_out = {}, 0
    for found in founds:
        keep = filters.keep(found.table())
        cells[found.name] = int(keep.sum())
        left_out += int((~keep).sum())
    sizes = {found.pixel_size for found in founds}
    options = options or PredictionOptions()
    return provenance(
        cells,
        model,
        filters=filters.clauses(),
        left_out=left_out,
        pixel_size=sizes.pop() if len(sizes) == 1 else None,
        settings={
            **options.model_dump(mode="json", exclude_none=True),
            "filters": filters.model_dump(mode="json", exclude_defaults=True),
        },
    )


def write(
    path: Path,
    founds: Sequence[Found],
    kinds: Collection[Kind],
    model: Model,
    filters: Filters,
    options: PredictionOptions | None = None,
    dialect: Dialect = "scikit-image",
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

    def results() -> Iterator[Result]:
        for done, found in enumerate(founds):
            if progress:
                progress(done, len(founds), found.name)
            yield filtered(found, filters)
        if progress:
            progress(len(founds), len(founds), "")

    write_bundle(path, results(), kinds, facts(founds, model, filters, options), dialect)
