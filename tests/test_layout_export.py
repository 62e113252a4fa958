import zipfile

import numpy as np
import pytest
import tifffile

from cellseg.datasets import layout_export
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake import importing
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from tests import made


@pytest.fixture
def dataset(workspace):
    return made.dataset(workspace, "Häm & Eosin", pairs=5)


def names(target):
    return sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file())


def extracted(dataset, folder, layout):
    """The folder in the zip of a dataset."""
    with zipfile.ZipFile(layout_export.write_zip(dataset, folder / "out.zip", layout)) as archive:
        archive.extractall(folder)
    return folder / "out"


def test_the_layout_of_stardist(dataset, tmp_path):
    target = extracted(dataset, tmp_path, "stardist")
    tests = dataset.split.test
    expected = []
    for name in dataset.names:
        side = "test" if name in tests else "train"
        expected += [f"{side}/images/{name}.tif", f"{side}/masks/{name}.tif"]
    assert names(target) == sorted(expected)
    mask = tifffile.imread(next(target.glob("*/masks/cell-0.tif")))
    assert mask.dtype == np.uint16
    assert np.array_equal(mask, dataset.labels("cell-0"))
    image = tifffile.imread(next(target.glob("*/images/cell-0.tif")))
    assert np.array_equal(image, dataset.image("cell-0").pixels)


def test_the_layout_of_cellpose(dataset, tmp_path):
    target = extracted(dataset, tmp_path, "cellpose")
    assert len(names(target)) == 10
    assert len(list(target.glob("train/cell-?_masks.tif"))) == 4
    assert tifffile.imread(next(target.glob("*/cell-0_masks.tif"))).dtype == np.uint16


@pytest.mark.parametrize("layout", list(layout_export.LAYOUTS))
def test_what_goes_out_comes_in_again(workspace, dataset, tmp_path, layout):
    packed = layout_export.write_zip(dataset, tmp_path / "out.zip", layout)
    proposal = importing.inspect(workspace, packed)
    again = DatasetStore(workspace).create(proposal, layout)
    assert {p.image_sha256 for p in again.pairs} == {p.image_sha256 for p in dataset.pairs}
    assert len(again.split.test) == len(dataset.split.test)
    for pair in again.pairs:
        same = next(p for p in dataset.pairs if p.image_sha256 == pair.image_sha256)
        assert np.array_equal(again.foreground(pair.name), dataset.foreground(same.name))


def test_as_it_is_with_its_record(dataset, tmp_path):
    packed = layout_export.write_zip(dataset, tmp_path / "out.zip", "plain")
    with zipfile.ZipFile(packed) as archive:
        record = archive.read("out/dataset.json")
    assert record == (dataset.folder / "dataset.json").read_bytes()
    assert layout_export.zip_name(dataset, "plain") == "ham-eosin_plain.zip"


def test_nothing_half_stays(dataset, tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(Dataset, "labels", broken)
    with pytest.raises(RuntimeError):
        layout_export.write_zip(dataset, tmp_path / "out.zip", "stardist")
    assert not list(tmp_path.glob("out*"))


def test_more_cells_than_16_bits_hold_are_refused(dataset, tmp_path, monkeypatch):
    labels = np.arange(300 * 300, dtype=np.int32).reshape(300, 300)
    monkeypatch.setattr(Dataset, "labels", lambda *_: labels)
    with pytest.raises(CellsegError, match="has 89,999 cells"):
        layout_export.write_zip(dataset, tmp_path / "out.zip", "cellpose")
    monkeypatch.setattr(Dataset, "labels", lambda *_: labels // 1000 * 1000)
    mask = tifffile.imread(next(extracted(dataset, tmp_path, "cellpose").rglob("*_masks.tif")))
    assert (mask.dtype, mask.max()) == (np.uint16, 89)
