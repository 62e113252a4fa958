"""The table of cells with the column names and units of CellProfiler."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

SHAPE_NAMES = {
    "label": "ObjectNumber",
    "area": "AreaShape_Area",
    "area_bbox": "AreaShape_BoundingBoxArea",
    "area_convex": "AreaShape_ConvexArea",
    "perimeter": "AreaShape_Perimeter",
    "axis_major_length": "AreaShape_MajorAxisLength",
    "axis_minor_length": "AreaShape_MinorAxisLength",
    "eccentricity": "AreaShape_Eccentricity",
    "orientation": "AreaShape_Orientation",
    "equivalent_diameter_area": "AreaShape_EquivalentDiameter",
    "solidity": "AreaShape_Solidity",
    "extent": "AreaShape_Extent",
    "euler_number": "AreaShape_EulerNumber",
    "centroid-0": "AreaShape_Center_Y",
    "centroid-1": "AreaShape_Center_X",
    "bbox-0": "AreaShape_BoundingBoxMinimum_Y",
    "bbox-1": "AreaShape_BoundingBoxMinimum_X",
    "bbox-2": "AreaShape_BoundingBoxMaximum_Y",
    "bbox-3": "AreaShape_BoundingBoxMaximum_X",
}
INTENSITY_NAMES = {
    "mean": "MeanIntensity",
    "min": "MinIntensity",
    "max": "MaxIntensity",
    "std": "StdIntensity",
    "median": "MedianIntensity",
}
_COLOURS = ("Red", "Green", "Blue")


def cellprofiler(table: pd.DataFrame, channels: Sequence[str] | None = None) -> pd.DataFrame:
    """Convert a table of `cellseg.analysis.measurements.measure`.

    Definitions are those of CellProfiler 4: orientation in degrees;
    FormFactor = 4 π A / P²; Compactness = P² / (4 π A); IntegratedIntensity = mean times area.
    Intensities stay in grey values, which CellProfiler scales to 0 to 1. Columns without an
    equivalent in CellProfiler keep their names, also `feret_diameter_max`, which CellProfiler
    measures between pixel centres.

    Parameters
    ----------
    table : of one or more images; `ImageNumber` counts them from 1.
    channels : names of the channels; by default Image for a grey image, else Red, Green, Blue.
    """
    found = table.drop(columns="image")
    found.insert(0, "ImageNumber", pd.factorize(table["image"])[0] + 1)
    found["orientation"] = np.degrees(table["orientation"])
    round_area = 4.0 * np.pi * table["area"]
    squared = table["perimeter"] ** 2
    found["AreaShape_FormFactor"] = (round_area / squared).where(squared > 0)
    found["AreaShape_Compactness"] = squared / round_area
    names = dict(SHAPE_NAMES)
    for column in table.columns[table.columns.str.startswith("intensity_")]:
        statistic, _, number = column.removeprefix("intensity_").partition("-")
        channel = _channel(number, channels)
        names[column] = f"Intensity_{INTENSITY_NAMES[statistic]}_{channel}"
        if statistic == "mean":
            total = table[column] * table["area"]
            found[f"Intensity_IntegratedIntensity_{channel}"] = total
    found.insert(2, "Metadata_Image", table["image"])
    return found.rename(columns=names)


def _channel(number: str, channels: Sequence[str] | None) -> str:
    """The name of the channel of this number, which is empty for a grey image."""
    if channels is not None:
        return channels[int(number or 0)]
    if not number:
        return "Image"
    return _COLOURS[int(number)] if int(number) < len(_COLOURS) else f"Channel{number}"
