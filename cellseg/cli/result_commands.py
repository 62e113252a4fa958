"""The commands `segment`, `measure` and `score`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellseg.cli.arguments import (
    Axes,
    Channels,
    Each,
    Home,
    ModelName,
    Plane,
    Position,
    ProjectionOption,
    Time,
    view_of,
    workspace_of,
)
from cellseg.cli.console import (
    print_json,
    progress_counter,
    quiet_stderr,
    say,
)
from cellseg.errors import CellsegError

if TYPE_CHECKING:
    import pandas as pd

    from cellseg.batches.output import OutputSettings
    from cellseg.exports.bundle import Export
    from cellseg.exports.tables import Dialect
    from cellseg.models.store import Model
    from cellseg.segmentation.predictor import Segmenter

PixelSize = Annotated[
    float | None,
    typer.Option(metavar="UM", help="Pixel size in µm. [from the file]"),
]


def segment(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Image files, or folders of them.")
    ],
    model: ModelName,
    output: Annotated[
        Path, typer.Option(metavar="DIR", file_okay=False, help="Folder of the results.")
    ],
    export: Annotated[
        str | None,
        typer.Option(
            metavar="KIND,KIND",
            help="labels, overlay, csv, rois, geojson, coco, probability, mask, ome. "
            "[labels and overlay]",
        ),
    ] = None,
    min_area: Annotated[
        float | None, typer.Option(metavar="PX", help="Exclude smaller cells, px².")
    ] = None,
    exclude_border: Annotated[
        bool, typer.Option("--exclude-border", help="Exclude cells at the border.")
    ] = False,
    pixel_size: PixelSize = None,
    diameter: Annotated[
        float | None,
        typer.Option(metavar="PX", help="Typical cell diameter. [as in training]"),
    ] = None,
    tile: Annotated[
        int | None, typer.Option(metavar="PX", help="Tile size for large images. [automatic]")
    ] = None,
    axes: Axes = None,
    channels: Channels = None,
    plane: Plane = None,
    projection: ProjectionOption = None,
    time: Time = None,
    position: Position = None,
    each: Each = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Images segmented at a time.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted command.")
    ] = False,
    home: Home = None,
) -> None:
    """Segment images.

    The results are NAME_labels.tif and NAME_overlay.png of each image, or the files of --export.
    From stacks and channels, cellseg takes the same as in the training of the model, unless --axes,
    --channels, --plane, --projection, --time, --position or --each choose otherwise.
    """
    settings = _output_settings(export, min_area, exclude_border, pixel_size, diameter, tile)
    view = view_of(axes, channels, plane, projection, time, position, each)

    from cellseg.batches.inputs import inputs
    from cellseg.batches.output import Output
    from cellseg.limits import Limits
    from cellseg.models.store import ModelStore

    workspace = workspace_of(context, home)
    chosen = ModelStore(workspace).get(model)
    files = inputs(paths, output)

    made = Output(
        workspace,
        chosen,
        lambda: load_with_message(chosen),
        output,
        settings,
        view=view.completed_by(chosen.view),
        limits=Limits.of(workspace),
        workers=workers,
        progress=progress_counter("Segmented"),
    )
    try:
        written = made.fill(files, resume)
    except KeyboardInterrupt:
        raise CellsegError("Stopped; run the same command with --resume to continue.") from None
    if written.restarted:
        say(
            "The results in the folder were made with other settings; all images were segmented "
            "again."
        )
    for record in written.records:
        for sentence in record.get("warnings", ()):
            say(sentence)
    for sentence in written.left_out:
        say(sentence)
    answer = {"model": chosen.name, "images": written.records, "left_out": written.left_out}
    print_json({**answer, **written.together})
    if written.left_out:
        raise typer.Exit(1)


def measure(
    context: typer.Context,
    images: Annotated[Path, typer.Option(metavar="DIR", help="The images.")],
    labels: Annotated[
        Path, typer.Option(metavar="DIR", help="Their label images, with matching names.")
    ],
    output: Annotated[Path, typer.Option(metavar="CSV", dir_okay=False, help="Table to write.")],
    pixel_size: PixelSize = None,
    dialect: Annotated[
        str, typer.Option(metavar="scikit-image|cellprofiler", help="Convention of column names.")
    ] = "scikit-image",
    axes: Axes = None,
    channels: Channels = None,
    plane: Plane = None,
    projection: ProjectionOption = None,
    time: Time = None,
    position: Position = None,
    home: Home = None,
) -> None:
    """Measure the cells of existing label images. The table has a row for each cell."""
    named = _dialect(dialect)
    view = view_of(axes, channels, plane, projection, time, position)

    from cellseg.analysis.measurements import checked_pixel_size
    from cellseg.batches import external_labels
    from cellseg.exports.tables import cell_table, csv_bytes
    from cellseg.limits import Limits
    from cellseg.workspace import ensure_folder, write_bytes

    if pixel_size is not None:
        checked_pixel_size(pixel_size)
    files = external_labels.paired(images, labels)
    limits = Limits.of(workspace_of(context, home))
    tables: list[pd.DataFrame] = []
    records: list[dict[str, Any]] = []
    left_out = list(files.unpaired)
    for path, table, remarks in external_labels.measured(
        files.pairs, pixel_size, limits, progress_counter("Measured"), view
    ):
        for sentence in remarks:
            say(sentence)
        if isinstance(table, str):
            left_out.append(table)
        else:
            tables.append(table)
            warnings = {"warnings": remarks} if remarks else {}
            records.append({"image": str(path), "cells": len(table), **warnings})
    if tables:
        ensure_folder(output.parent)
        write_bytes(output, csv_bytes(cell_table(tables, named)))
    cells = sum(len(table) for table in tables)
    _end({"csv": str(output), "cells": cells, "images": records}, left_out, bool(tables))


def score(
    context: typer.Context,
    truth: Annotated[Path, typer.Option(metavar="DIR", help="Ground-truth label images.")],
    predicted: Annotated[
        Path, typer.Option(metavar="DIR", help="Predicted label images, with matching names.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(metavar="CSV", dir_okay=False, help="The scores of each image, worst first."),
    ] = None,
    home: Home = None,
) -> None:
    """Score label images against the ground truth."""
    from cellseg.analysis.comparison import image_scores, overall_scores, worst_first
    from cellseg.batches import external_labels
    from cellseg.limits import Limits

    files = external_labels.paired(truth, predicted)
    limits = Limits.of(workspace_of(context, home))
    compared, left_out = [], list(files.unpaired)
    for one in external_labels.scored(files.pairs, limits, progress_counter("Scored")):
        if isinstance(one, str):
            left_out.append(one)
        else:
            compared.append(one)
    rows = worst_first([image_scores(one) for one in compared])
    answer: dict[str, Any] = {}
    if compared:
        answer = {**overall_scores(compared), "per_image": rows}
        if output is not None:
            _write_scores(output, rows)
            answer["csv"] = str(output)
    _end(answer, left_out, bool(compared))


def load_with_message(model: "Model") -> "Segmenter":
    """The network of a model."""
    say("Loading the model")
    with quiet_stderr():
        from cellseg.segmentation import predictor
    return predictor.load_predictor(model)


def _end(answer: dict[str, Any], left_out: list[str], done: bool) -> None:
    """Print messages about files that were left out, and the result; then exit with code 1."""
    for sentence in left_out:
        say(sentence)
    if done:
        print_json({**answer, "left_out": left_out})
    if left_out:
        raise typer.Exit(1)


def _write_scores(path: Path, rows: list[dict[str, Any]]) -> None:
    import pandas as pd

    from cellseg.exports.tables import csv_bytes
    from cellseg.workspace import ensure_folder, write_bytes

    ensure_folder(path.parent)
    write_bytes(path, csv_bytes(pd.DataFrame(rows)))


def _output_settings(
    export: str | None,
    min_area: float | None,
    exclude_border: bool,
    pixel_size: float | None,
    diameter: float | None,
    tile: int | None,
) -> "OutputSettings":
    """The settings of the output; a value that does not fit is a usage error."""
    from cellseg.analysis.filters import Filters
    from cellseg.analysis.measurements import checked_pixel_size
    from cellseg.batches.output import OutputSettings
    from cellseg.config import PredictionOptions, checked

    try:
        return OutputSettings(
            kinds=None if export is None else _exports(export),
            filters=checked(Filters, min_area=min_area, exclude_border=exclude_border),
            options=checked(PredictionOptions, diameter=diameter, tile=tile),
            pixel_size=None if pixel_size is None else checked_pixel_size(pixel_size),
        )
    except CellsegError as error:
        raise typer.BadParameter(str(error)) from None


def _exports(text: str) -> tuple["Export", ...]:
    """Comma-separated exports, in the order of a bundle."""
    from cellseg.exports.bundle import EXPORTS

    named = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in named if name not in EXPORTS]
    if unknown or not named:
        name = unknown[0] if unknown else "nothing"
        raise typer.BadParameter(f"--export takes {', '.join(EXPORTS)}; found {name}.")
    return tuple(kind for kind in EXPORTS if kind in named)


def _dialect(name: str) -> "Dialect":
    from cellseg.exports.tables import DIALECTS

    for known in DIALECTS:
        if name == known:
            return known
    raise typer.BadParameter(f"--dialect takes {' or '.join(DIALECTS)}, not {name}.")
