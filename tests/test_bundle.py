"""The zip of all exports: what is in it agrees with itself."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image as Pillow
from roifile import ImagejRoi

from cellseg.analysis.label_runs import keep_labels
from cellseg.analysis.measurements import measure
from cellseg.errors import CellsegError
from cellseg.exports.bundle import (
    EXPORTS,
    ImageResult,
    bundle,
    image_files,
    write_bundle,
)
from cellseg.exports.provenance import provenance
from cellseg.images.image import Image
from tests.drawn import fill, ring

LABELS = np.pad(2 * ring(5), 3) + np.pad([[9, 9], [9, 0]], ((0, 9), (0, 9)))


def result(name="a.tif", labels=LABELS, **given):
    pixels = np.arange(labels.size, dtype=np.uint16).reshape(labels.shape)
    table = measure(labels, pixels, image=name, pixel_size=0.5)
    probability = (labels > 0).astype(np.float32)
    return ImageResult(name, Image(pixels, "YX"), labels, table, probability, 0.5, **given)


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_kind_has_its_file():
    names = list(unzipped(bundle([result()], EXPORTS, provenance({"a.tif": 2}))))
    assert names == [
        "a_labels.tif",
        "a_preview.png",
        "a_mask.png",
        "a_overlay.png",
        "a_rois.zip",
        "a.geojson",
        "a.ome.tif",
        "a_probability.tif",
        "images.csv",
        "measurements.csv",
        "measurements.xlsx",
        "coco.json",
        "provenance.json",
        "methods.txt",
    ]


@pytest.mark.parametrize("kind", EXPORTS)
def test_only_what_was_ticked(kind):
    content = unzipped(bundle([result()], [kind], provenance({"a.tif": 2})))
    assert {"provenance.json", "methods.txt", "images.csv"} < set(content)
    assert len(content) == (5 if kind == "labels" else 4)


def test_counts_agree_everywhere_after_a_filter():
    labels = keep_labels(LABELS, np.array([9]))
    found = unzipped(bundle([result(labels=labels)], EXPORTS, provenance({"a.tif": 1})))
    image = tifffile.imread(io.BytesIO(found["a_labels.tif"]))
    table = pd.read_csv(io.BytesIO(found["measurements.csv"]))
    features = json.loads(found["a.geojson"])["features"]
    cells = json.loads(found["coco.json"])["annotations"]
    rois = unzipped(found["a_rois.zip"])
    mask = np.asarray(Pillow.open(io.BytesIO(found["a_mask.png"])))
    np.testing.assert_array_equal(image, labels)
    np.testing.assert_array_equal(mask > 0, labels > 0)
    assert table["label"].tolist() == [9]
    assert [feature["properties"]["name"] for feature in features] == ["9"]
    assert [cell["label"] for cell in cells] == [9]
    assert list(rois) == ["9.roi"]
    assert table["area"].tolist() == [cell["area"] for cell in cells] == [3]
    roi = ImagejRoi.frombytes(rois["9.roi"])
    again = np.zeros(labels.shape, int)
    fill(again, roi.coordinates(multi=True), int(roi.name))
    np.testing.assert_array_equal(again, labels)


def test_several_images_share_one_table():
    results = [result("a.tif"), result("b.png", np.zeros((3, 3), int)), result("c.tif")]
    found = unzipped(bundle(results, ["csv", "coco"], provenance({})))
    table = pd.read_csv(io.BytesIO(found["measurements.csv"]))
    assert table["image"].tolist() == ["a.tif", "a.tif", "c.tif", "c.tif"]
    content = json.loads(found["coco.json"])
    assert [image["file_name"] for image in content["images"]] == ["a.tif", "b.png", "c.tif"]


def test_equal_results_give_equal_bytes():
    facts = provenance({"a.tif": 2})
    assert bundle([result()], EXPORTS, facts) == bundle([result()], EXPORTS, facts)


def test_a_map_that_is_not_there_is_left_out():
    without = ImageResult("a.tif", result().image, LABELS, result().table)
    assert list(image_files(without, ["probability"])) == []


def test_images_of_one_stem_get_files_of_their_own():
    results = [result(name) for name in ("a.tif", "A.png", "b/a.tif")]
    names = list(unzipped(bundle(results, ["mask"], provenance({}))))
    assert names[:3] == ["a_mask.png", "A.png_mask.png", "b/a_mask.png"]


def test_two_images_of_one_name_are_refused():
    with pytest.raises(CellsegError, match=r"Two images are named a\.tif"):
        bundle([result("a.tif")] * 3, ["mask"], {})


def test_no_name_leads_out_of_the_zip():
    for name in ("../../a.tif", "/a.tif", "..\\a.tif"):
        found = unzipped(bundle([result(name)], ["mask"], provenance({})))
        assert next(iter(found)) == "a_mask.png"


def test_a_table_of_other_cells_is_refused():
    wrong = ImageResult("a.tif", result().image, LABELS, result().table[:1])
    with pytest.raises(ValueError, match=r"a\.tif"):
        bundle([wrong], ["csv"], {})


def test_a_sorted_table_is_welcome():
    table = result().table.sort_values("area")
    other = ImageResult("a.tif", result().image, LABELS, table)
    found = unzipped(bundle([other], ["csv", "geojson"], provenance({})))
    assert pd.read_csv(io.BytesIO(found["measurements.csv"]))["label"].tolist() == [9, 2]


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "results.zip"
    facts = provenance({"a.tif": 2})
    write_bundle(path, [result()], EXPORTS, facts)
    before = path.read_bytes()
    assert before == bundle([result()], EXPORTS, facts)

    def failing():
        yield result()
        raise CellsegError("no")

    with pytest.raises(CellsegError, match="no"):
        write_bundle(path, failing(), EXPORTS, facts)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
