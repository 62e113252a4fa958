"""GeoJSON for QuPath: cells as detections with measurements."""

import json
import math
import uuid
from typing import Any

import numpy as np
import pandas as pd

from cellseg.analysis.outlines import Outlines, Polygon

NAMESPACE = uuid.UUID("5b3c2f0e-7a53-4d0c-9d4e-1c3f6f0c8a51")
"""Namespace of the ids of cells, which depend only on image name and label."""
COLOUR = (0, 184, 148)
_NOT_MEASURED = ("image", "label")


def geojson(cells: Outlines, table: pd.DataFrame, image: str = "") -> bytes:
    """A GeoJSON file for QuPath 0.4 and later, File > Import objects from file.

    Outlines follow the edges of pixels, in pixels of the full image. A cell of one part is a
    Polygon with holes, a cell of several parts a MultiPolygon. Each is a detection of the class
    Cell, named by its label, with the numbers of its table row as measurements.

    Parameters
    ----------
    cells : outlines of the cells.
    table : one row for each cell, from `cellseg.analysis.measurements.measure`.
    image : name of the image, part of the ids of cells.

    Raises
    ------
    ValueError
        Where table and outlines have different labels.
    """
    drawn = np.unique(cells.label)
    if not np.array_equal(drawn, np.sort(table["label"])):
        raise ValueError(f"{drawn.size} outlined cells and {len(table)} rows do not fit")
    names = [column for column in table.columns if column not in _NOT_MEASURED]
    columns = [table[name].tolist() for name in names]
    rows = dict(zip(table["label"].tolist(), zip(*columns, strict=True), strict=True))
    write = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
    features = [  # as text at once, since lists of all points need much memory
        write(_feature(label, polygons, image, _measurements(names, rows[label])))
        for label, polygons in cells.cells()
    ]
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def _measurements(names: list[str], values: tuple) -> dict[str, float]:
    """The finite numbers of a row; True and False become 1 and 0."""
    return {
        name: int(value) if isinstance(value, bool) else value
        for name, value in zip(names, values, strict=True)
        if isinstance(value, int | float) and math.isfinite(value)
    }


def _feature(
    label: int, polygons: list[Polygon], image: str, measurements: dict[str, float]
) -> dict[str, Any]:
    coordinates = [[_closed(ring.tolist()) for ring in polygon] for polygon in polygons]
    one = len(polygons) == 1
    return {
        "type": "Feature",
        "id": str(uuid.uuid5(NAMESPACE, f"{image}/{label}")),
        "geometry": {
            "type": "Polygon" if one else "MultiPolygon",
            "coordinates": coordinates[0] if one else coordinates,
        },
        "properties": {
            "objectType": "detection",
            "name": str(label),
            "classification": {"name": "Cell", "color": list(COLOUR)},
            "measurements": measurements,
        },
    }


def _closed(ring: list[list[int]]) -> list[list[int]]:
    return [*ring, ring[0]]
