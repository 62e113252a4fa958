import json
import uuid

import numpy as np
import pytest

from cellseg.analysis.measurements import measure
from cellseg.analysis.outlines import outlines
from cellseg.exports.geojson import geojson
from tests.drawn import DRAWN, fill, many


def features(labels, image="a.tif"):
    content = json.loads(geojson(outlines(labels), measure(labels, image=image), image))
    assert content["type"] == "FeatureCollection"
    return content["features"]


def drawn_back(found, shape):
    image = np.zeros(shape, np.int64)
    for feature in found:
        polygons = feature["geometry"]["coordinates"]
        if feature["geometry"]["type"] == "Polygon":
            polygons = [polygons]
        rings = [ring for polygon in polygons for ring in polygon]
        assert all(ring[0] == ring[-1] for ring in rings)
        fill(image, [np.array(ring) for ring in rings], int(feature["properties"]["name"]))
    return image


@pytest.mark.parametrize("name", DRAWN)
def test_no_pixel_differs(name):
    labels = DRAWN[name]
    found = features(labels)
    np.testing.assert_array_equal(drawn_back(found, labels.shape), labels)


def test_seventy_thousand_cells():
    table = measure(many())[["image", "label", "area"]]
    found = json.loads(geojson(outlines(many()), table))["features"]
    assert len(found) == 70_000
    np.testing.assert_array_equal(drawn_back(found, many().shape), many())


@pytest.mark.parametrize("name", DRAWN)
def test_shapely_finds_valid_cells_of_the_same_area(name):
    shape = pytest.importorskip("shapely.geometry").shape
    for feature in features(DRAWN[name]):
        cell = shape(feature["geometry"])
        assert cell.is_valid
        assert cell.area == feature["properties"]["measurements"]["area"]


def test_what_qupath_reads():
    labels = np.array([[7, 0], [0, 0]])
    (feature,) = features(labels)
    assert feature["type"] == "Feature"
    assert uuid.UUID(feature["id"])
    assert feature["geometry"] == {
        "type": "Polygon",
        "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]],
    }
    properties = feature["properties"]
    assert properties["objectType"] == "detection"
    assert properties["name"] == "7"
    assert properties["classification"]["name"] == "Cell"
    assert len(properties["classification"]["color"]) == 3
    assert properties["measurements"]["area"] == 1
    assert properties["measurements"]["touches_border"] == 1
    assert not {"label", "image"} & set(properties["measurements"])


def test_a_number_that_is_none_is_left_out():
    labels = np.array([[1]])
    table = measure(labels).assign(odd=float("nan"), none=None)
    content = json.loads(geojson(outlines(labels), table))
    assert not {"odd", "none"} & set(content["features"][0]["properties"]["measurements"])


def test_ids_follow_from_image_and_label():
    labels = np.array([[1, 2]])
    one, other = features(labels)
    assert one["id"] != other["id"]
    assert features(labels)[0]["id"] == one["id"] != features(labels, "b.tif")[0]["id"]


def test_a_table_of_other_cells_is_refused():
    labels = np.array([[1, 2]])
    with pytest.raises(ValueError, match="do not fit"):
        geojson(outlines(labels), measure(labels)[:1])
