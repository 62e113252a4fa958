import numpy as np
import pandas as pd
import pytest

from cellseg.analysis.image_table import ImageCells, image_table


def cells(areas, **more):
    return pd.DataFrame({"image": "x", "label": range(1, len(areas) + 1), "area": areas, **more})


def test_each_image_has_a_row_also_without_cells():
    images = [
        ImageCells("a.tif", cells([2.0, 4.0, 9.0]), 1000, 2000, None, ("Dark.", "Small.")),
        ImageCells("b.tif", cells([]), 1000, 2000),
    ]
    table = image_table(images)
    assert table["image"].tolist() == ["a.tif", "b.tif"]
    assert table["cells"].tolist() == [3, 0]
    assert table["density_per_megapixel"].tolist() == [1.5, 0.0]
    first, second = table.iloc[0], table.iloc[1]
    assert (first["area_mean"], first["area_median"]) == (5.0, 4.0)
    assert first["area_std"] == pytest.approx(np.sqrt((9 + 1 + 16) / 2))
    assert second[["area_mean", "area_median", "area_std"]].isna().all()
    assert table["warnings"].tolist() == ["Dark. Small.", ""]
    assert list(table.columns)[-1] == "warnings"
    assert "group" not in table


def test_micrometres_are_where_they_are_known_image_by_image():
    known = ImageCells("a", cells([4.0], area_um2=[1.0]), 2000, 1000, 0.5)
    unknown = ImageCells("b", cells([4.0]), 2000, 1000)
    table = image_table([known, unknown])
    # 1 mm x 0.5 mm
    assert table["density_per_mm2"].tolist()[0] == pytest.approx(2.0)
    assert table["area_um2_mean"].tolist()[0] == 1.0
    assert table[["density_per_mm2", "pixel_size_um", "area_um2_mean"]].iloc[1].isna().all()


def test_one_cell_has_no_deviation_and_values_that_are_not_finite_do_not_count():
    table = image_table([ImageCells("a", cells([3.0, np.nan]), 10, 10)])
    assert table["area_mean"].tolist() == [3.0]
    assert table["area_std"].isna().all()
    assert table["cells"].tolist() == [2]


def test_groups_are_named_where_there_are_any():
    table = image_table([ImageCells("a", cells([1.0]), 10, 10, group="drug")])
    assert table["group"].tolist() == ["drug"]


def test_no_image_is_an_empty_table():
    assert len(image_table([])) == 0
