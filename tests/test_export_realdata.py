"""Exports of the nuclei of dsb2018, read back: 0 pixels differ; measures are scikit-image's."""

import io
import json
import zipfile

import numpy as np
import pytest
import tifffile
from roifile import ImagejRoi
from skimage.measure import regionprops_table

from cellseg.analysis.measurements import measure
from cellseg.exports.bundle import ImageResult, image_files
from cellseg.exports.coco import coco_image
from cellseg.images.reading import read_image, read_mask
from tests.drawn import fill
from tests.test_export_coco import drawn_back as from_coco
from tests.test_export_geojson import drawn_back as from_geojson

pytestmark = pytest.mark.realdata
EVERY = 35


@pytest.fixture(scope="module")
def results(real_data):
    masks = sorted((real_data / "dsb2018" / "masks").glob("*.png"))[::EVERY]
    if not masks:
        pytest.skip(f"There is no dsb2018 in {real_data}.")
    found = []
    for path in masks:
        image = read_image(real_data / "dsb2018" / "images" / path.name)
        labels = read_mask(path).astype(np.int32)
        table = measure(labels, image.pixels, image=path.name)
        found.append(ImageResult(path.name, image, labels, table))
    return found


def test_no_pixel_differs(results):
    for result in results:
        shape = result.labels.shape
        exported = dict(image_files(result, ["labels", "rois", "geojson", "ome"]))
        rois = np.zeros(shape, np.int64)
        with zipfile.ZipFile(io.BytesIO(exported[f"{result.stem}_rois.zip"])) as archive:
            for name in archive.namelist():
                roi = ImagejRoi.frombytes(archive.read(name))
                fill(rois, roi.coordinates(multi=True), int(roi.name))
        features = json.loads(exported[f"{result.stem}.geojson"])["features"]
        with tifffile.TiffFile(io.BytesIO(exported[f"{result.stem}.ome.tif"])) as ome:
            labels = ome.series[1].asarray()
        for name, image in {
            "rois": rois,
            "geojson": from_geojson(features, shape),
            "coco": from_coco(coco_image(result.name, result.labels)),
            "labels": tifffile.imread(io.BytesIO(exported[f"{result.stem}_labels.tif"])),
            "ome": labels,
        }.items():
            differ = np.count_nonzero(image != result.labels)
            assert differ == 0, f"{result.name} as {name}: {differ} px differ"


def test_measures_are_those_of_skimage(results):
    for result in results:
        names = tuple(
            {column.split("-")[0] for column in result.table} - {"image", "touches_border"}
        )
        expected = regionprops_table(result.labels, result.image.pixels, properties=names)
        round_cells = expected["eccentricity"] < 1e-3
        for name, values in expected.items():
            found = result.table[name].to_numpy()
            if name == "orientation":
                turned = np.abs(found - values)
                assert (np.minimum(turned, np.pi - turned)[~round_cells] < 1e-6).all()
            else:
                np.testing.assert_allclose(found, values, rtol=1e-9, atol=1e-6, err_msg=name)
