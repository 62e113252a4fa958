import numpy as np
import pandas as pd
import pytest
from skimage.measure import regionprops_table

from cellseg.analysis.measurements import DEFINITIONS, definition, measure
from cellseg.errors import CellsegError

LABELS = np.array(
    [
        [7, 7, 0, 0, 0],
        [7, 7, 0, 3, 0],
        [0, 0, 0, 0, 0],
    ]
)
OWN = ["image", "touches_border"]


def test_one_row_a_cell_by_ascending_label():
    table = measure(LABELS, image="a.tif")
    assert table["label"].tolist() == [3, 7]
    assert table["image"].tolist() == ["a.tif", "a.tif"]
    assert table["area"].tolist() == [1, 4]
    assert table["touches_border"].tolist() == [False, True]
    assert list(table.columns[:3]) == ["image", "label", "area"]


@pytest.mark.parametrize("side", ["top", "left", "bottom", "right"])
def test_each_border_counts(side):
    labels = np.zeros((5, 5), int)
    labels[2, 2] = 1
    labels[{"top": (0, 2), "left": (2, 0), "bottom": (4, 2), "right": (2, 4)}[side]] = 2
    assert measure(labels)["touches_border"].tolist() == [False, True]


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3)])
def test_names_are_those_of_skimage(shape):
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    table = measure(LABELS, pixels)
    properties = {column.split("-")[0] for column in table.columns.drop(OWN)}
    expected = regionprops_table(LABELS, pixels, properties=tuple(properties))
    assert set(table.columns) == {*expected, *OWN}
    assert table["intensity_mean" + ("" if len(shape) == 2 else "-0")].notna().all()


def test_micrometres():
    table = measure(LABELS, pixel_size=0.5)
    np.testing.assert_allclose(table["area_um2"], table["area"] / 4)
    np.testing.assert_allclose(table["feret_diameter_max_um"], table["feret_diameter_max"] / 2)
    np.testing.assert_allclose(table["centroid-1_um"], table["centroid-1"] / 2)
    assert not any(column.endswith(("_um", "_um2")) for column in measure(LABELS).columns)


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf")])
def test_a_pixel_size_that_is_none_is_refused(size):
    with pytest.raises(CellsegError, match="above 0"):
        measure(LABELS, pixel_size=size)


def test_score_is_the_mean_probability():
    probability = np.where(LABELS == 7, 0.75, 0.5).astype(np.float32)
    assert measure(LABELS, probability=probability)["score"].tolist() == [0.5, 0.75]


def test_every_column_has_a_definition_with_a_unit():
    pixels = np.zeros((3, 5, 3), np.uint8)
    table = measure(LABELS, pixels, pixel_size=1, probability=np.zeros((3, 5)))
    for column in table.columns:
        assert definition(column).endswith(".")
    assert set(DEFINITIONS) <= {column.split("-")[0] for column in table.columns} | set(
        table.columns
    )
    assert definition("area_um2") == "Area of the cell, in µm²."
    assert definition("perimeter_um").endswith("in µm.")
    assert definition("intensity_max-2").startswith("Channel 2: Highest")
    for unknown in ("area_um3", "solidity_um", "nonsense"):
        with pytest.raises(KeyError):
            definition(unknown)


@pytest.mark.parametrize("shape", [(4, 4), (0, 0)])
def test_no_cells_have_the_same_columns(shape):
    pixels = np.zeros((*shape, 3), np.uint8)
    empty = measure(np.zeros(shape, int), pixels, pixel_size=1.0)
    full = measure(np.ones((2, 2), int), np.zeros((2, 2, 3), np.uint8), pixel_size=1.0)
    assert len(empty) == 0
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="labels of"):
        measure(LABELS, np.zeros((3, 4)))
    with pytest.raises(ValueError, match="labels of"):
        measure(LABELS, probability=np.zeros((3, 4)))


def test_numbering_changes_nothing_else():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 30, (20, 20))
    numbers = np.append(0, rng.permutation(np.arange(1, 30)) * 1000)
    plain, other = measure(labels), measure(numbers[labels])
    other["label"] = np.argsort(numbers)[1:][np.argsort(np.argsort(other["label"]))]
    other = other.sort_values("label", ignore_index=True)
    pd.testing.assert_frame_equal(plain, other)
