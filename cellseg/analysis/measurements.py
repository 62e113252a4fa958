"""The table of cell measurements, used by counts, plots and all exports."""

import math
import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellseg.analysis.intensities import intensities, means
from cellseg.analysis.label_runs import Labels, checked_labels, relabel_sequential
from cellseg.analysis.shapes import shapes
from cellseg.errors import CellsegError

_LENGTHS = (
    "perimeter",
    "perimeter_crofton",
    "axis_major_length",
    "axis_minor_length",
    "equivalent_diameter_area",
    "feret_diameter_max",
    "centroid-0",
    "centroid-1",
)
_AREAS = ("area", "area_convex")

DEFINITIONS = {
    "image": "Name of the image.",
    "label": "Number of the cell in the label image.",
    "area": "Pixels of the cell, in px².",
    "area_bbox": "Area of the smallest upright rectangle around the cell, in px².",
    "area_convex": "Pixels inside the convex hull of the cell, in px².",
    "perimeter": "Length of the line through the centres of the border pixels, in px.",
    "perimeter_crofton": "Perimeter by Crofton's formula in 4 directions, in px.",
    "axis_major_length": "Long axis of the ellipse with the cell's second moments, in px.",
    "axis_minor_length": "Short axis of the ellipse with the cell's second moments, in px.",
    "eccentricity": "Of that ellipse: 0 is a circle, close to 1 a line; no unit.",
    "orientation": "Angle from the y axis to the long axis of that ellipse, from -π/2 to π/2, "
    "counter-clockwise, in radians.",
    "equivalent_diameter_area": "Diameter of the circle of equal area, in px.",
    "feret_diameter_max": "Largest distance between two points on the convex hull, in px.",
    "solidity": "Area divided by convex area, 0 to 1; no unit.",
    "extent": "Area divided by the area of the upright rectangle, 0 to 1; no unit.",
    "euler_number": "Parts minus holes, pixels touching by edge or corner; no unit.",
    "centroid-0": "Mean y of the pixel centres, from the centre of the top row, in px.",
    "centroid-1": "Mean x of the pixel centres, from the centre of the left column, in px.",
    "bbox-0": "First row of the cell, y in px.",
    "bbox-1": "First column of the cell, x in px.",
    "bbox-2": "Row after the last one of the cell, y in px.",
    "bbox-3": "Column after the last one of the cell, x in px.",
    "touches_border": "Whether a pixel of the cell is on the edge of the image.",
    "intensity_mean": "Mean of the image over the cell, in grey values.",
    "intensity_min": "Lowest value of the image in the cell, in grey values.",
    "intensity_max": "Highest value of the image in the cell, in grey values.",
    "intensity_std": "Standard deviation (over n) of the image in the cell, in grey values.",
    "intensity_median": "Median of the image in the cell, in grey values.",
    "score": "Mean foreground probability over the cell, 0 to 1; no unit.",
}
"""Definition of each column in one sentence with its unit; see `definition` for all columns."""


def measure(
    labels: NDArray,
    pixels: NDArray | None = None,
    *,
    image: str = "",
    pixel_size: float | None = None,
    probability: NDArray[np.floating] | None = None,
) -> pd.DataFrame:
    """Measure every cell of a label image.

    Names and values are those of `skimage.measure.regionprops_table`, apart from `image`,
    `touches_border`, `score` and the columns in micrometres.

    Parameters
    ----------
    labels : (Y, X), integer; 0 = background. All pixels of one label are one cell.
    pixels : image (Y, X) or (Y, X, C); None leaves out the intensities. Columns of channels end
        in `-0`, `-1` ...
    image : name of the image, for the column `image`.
    pixel_size : side of a pixel in micrometres; adds the columns `*_um` and `*_um2`.
    probability : foreground probability (Y, X), 0 to 1; adds the column `score`.

    Returns
    -------
    One row for each cell, in ascending order of labels.

    Raises
    ------
    ValueError
        Where the arrays differ in height or width.
    CellsegError
        Where the pixel size is not above 0.
    """
    labels = checked_labels(labels)
    for other in (pixels, probability):
        if other is not None and other.shape[:2] != labels.shape:
            raise ValueError(f"an image of {other.shape[:2]} and labels of {labels.shape}")
    ids, numbered = relabel_sequential(labels)
    columns = shapes(numbered, ids.size)
    columns["touches_border"] = _touches_border(columns, labels)
    if pixels is not None:
        columns |= intensities(numbered, pixels, ids.size)
    if probability is not None:
        columns["score"] = means(numbered, probability, ids.size)
    if pixel_size is not None:
        columns |= _micrometres(columns, checked_pixel_size(pixel_size))
    names = np.full(ids.size, image, dtype=object)
    return pd.DataFrame({"image": pd.Series(names, dtype="str"), "label": ids, **columns})


def checked_pixel_size(micrometres: float) -> float:
    """The side of a pixel in micrometres.

    Raises
    ------
    CellsegError
        Where it is not above 0.
    """
    if not (math.isfinite(micrometres) and micrometres > 0):
        raise CellsegError(
            f"The pixel size is {micrometres:g} µm; enter the side of a pixel in micrometres, a "
            "number above 0."
        )
    return micrometres


def definition(column: str) -> str:
    """Definition of a column in one sentence with its unit.

    Raises
    ------
    KeyError
        For a column that no table has.
    """
    if column in DEFINITIONS:
        return DEFINITIONS[column]
    if match := re.fullmatch(r"(intensity_\w+)-(\d+)", column):
        return f"Channel {match[2]}: {DEFINITIONS[match[1]]}"
    pixels = re.sub(r"_um2?$", "", column)
    if pixels == column or pixels not in _LENGTHS + _AREAS:
        raise KeyError(column)
    unit = " in µm²." if column.endswith("2") else " in µm."
    return re.sub(r" in px²?\.$", unit, DEFINITIONS[pixels]).replace("Pixels", "Area")


def _touches_border(columns: dict[str, NDArray], labels: Labels) -> NDArray[np.bool_]:
    height, width = labels.shape
    low = np.minimum(columns["bbox-0"], columns["bbox-1"]) == 0
    return low | (columns["bbox-2"] == height) | (columns["bbox-3"] == width)


def _micrometres(columns: dict[str, NDArray], pixel_size: float) -> dict[str, NDArray]:
    lengths = {f"{name}_um": columns[name] * pixel_size for name in _LENGTHS}
    areas = {f"{name}_um2": columns[name] * pixel_size**2 for name in _AREAS}
    return areas | lengths
