import numpy as np
import pytest

from cellseg.analysis.cellprofiler import cellprofiler
from cellseg.analysis.measurements import measure

SQUARE = np.pad(np.ones((3, 3), int), ((1, 1), (2, 2)))


def test_names_and_units():
    table = measure(SQUARE, np.full(SQUARE.shape, 7, np.uint8), image="a", pixel_size=2.0)
    (row,) = cellprofiler(table).to_dict("records")
    assert (row["ImageNumber"], row["ObjectNumber"], row["Metadata_Image"]) == (1, 1, "a")
    assert (row["AreaShape_Center_X"], row["AreaShape_Center_Y"]) == (3, 2)
    assert row["AreaShape_BoundingBoxMinimum_X"] == 2
    assert row["AreaShape_BoundingBoxMaximum_Y"] == 4
    assert row["AreaShape_FormFactor"] == pytest.approx(4 * np.pi * 9 / 8**2)
    assert row["AreaShape_Compactness"] == pytest.approx(8**2 / (4 * np.pi * 9))
    assert row["AreaShape_Orientation"] == pytest.approx(-45)
    assert row["Intensity_MeanIntensity_Image"] == 7
    assert row["Intensity_IntegratedIntensity_Image"] == 63
    assert row["area_um2"] == 36  # keeps its name
    assert "image" not in row
    assert "area" not in row


def test_images_are_counted_and_channels_named():
    table = measure(SQUARE, np.zeros((*SQUARE.shape, 3), np.uint8), image="a")
    table = table.loc[[0, 0]].assign(image=["b", "a"])
    converted = cellprofiler(table)
    assert converted["ImageNumber"].tolist() == [1, 2]
    assert "Intensity_MinIntensity_Blue" in converted
    assert "Intensity_MinIntensity_DAPI" in cellprofiler(table, ["DAPI", "GFP", "RFP"])


def test_a_cell_without_perimeter_has_no_form_factor():
    converted = cellprofiler(measure(np.ones((1, 1), int)))
    assert converted["AreaShape_FormFactor"].isna().all()
    assert converted["AreaShape_Compactness"].tolist() == [0]
