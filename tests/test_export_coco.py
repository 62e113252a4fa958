"""COCO masks decoded by the rule of maskApi.c, and by pycocotools where it is installed."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cellseg.exports.coco import coco_image, coco_json
from tests.drawn import DRAWN, many


def run_lengths(segmentation):
    """Run lengths from their text: background and cell by turns, down the columns."""
    counts: list[int] = []
    number = shift = 0
    for letter in segmentation["counts"].encode():
        bits = letter - 48
        number |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                number -= 1 << shift
            counts.append(number + (counts[-2] if len(counts) > 2 else 0))
            number = shift = 0
    return counts


def drawn_back(part):
    height, width = part["height"], part["width"]
    image = np.zeros((width, height), np.int64)
    flat = image.reshape(-1)
    for cell in part["annotations"]:
        assert cell["segmentation"]["size"] == [height, width]
        position = 0
        for number, count in enumerate(run_lengths(cell["segmentation"])):
            if number % 2:
                flat[position : position + count] = cell["label"]
            position += count
        assert position == flat.size
    return image.T


@pytest.mark.parametrize("name", DRAWN)
def test_no_pixel_differs(name):
    part = json.loads(json.dumps(coco_image("a.png", DRAWN[name])))
    np.testing.assert_array_equal(drawn_back(part), DRAWN[name])


def test_seventy_thousand_cells():
    part = coco_image("a.png", many())
    assert len(part["annotations"]) == 70_000
    np.testing.assert_array_equal(drawn_back(part), many())


@settings(max_examples=200, deadline=None)
@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 2))
)
def test_byte_for_byte_as_pycocotools(labels):
    mask = pytest.importorskip("pycocotools.mask")
    for cell in coco_image("a.png", labels)["annotations"]:
        encoded = mask.encode(np.asfortranarray(labels == cell["label"], np.uint8))
        assert cell["segmentation"]["counts"] == encoded["counts"].decode()
        assert cell["area"] == mask.area(encoded)
        assert cell["bbox"] == mask.toBbox(encoded).tolist()


def test_pycocotools_finds_every_pixel_of_many_cells_once():
    mask = pytest.importorskip("pycocotools.mask")
    codes = [cell["segmentation"] for cell in coco_image("a.png", many())["annotations"]]
    assert all(mask.area(code) == 2 for code in codes)
    assert mask.area(mask.merge(codes)) == many().size


def test_a_long_run_takes_several_letters():
    labels = np.zeros((1000, 1000), np.uint8)
    labels[500:, 500] = 1
    part = coco_image("a.png", labels)
    assert part["annotations"][0]["bbox"] == [500, 500, 1, 500]
    np.testing.assert_array_equal(drawn_back(part), labels)


def test_the_file_numbers_images_and_cells():
    parts = [coco_image(name, np.array([[5, 0, 5], [0, 9, 0]])) for name in ("a.png", "ü.png")]
    parts.insert(1, coco_image("empty.png", np.zeros((2, 2), int)))
    content = json.loads(b"".join(coco_json(parts)))
    assert [image["id"] for image in content["images"]] == [1, 2, 3]
    assert content["images"][2] == {"id": 3, "file_name": "ü.png", "height": 2, "width": 3}
    cells = content["annotations"]
    assert [cell["id"] for cell in cells] == [1, 2, 3, 4]
    assert [cell["image_id"] for cell in cells] == [1, 1, 3, 3]
    assert [cell["label"] for cell in cells] == [5, 9, 5, 9]
    assert {cell["category_id"] for cell in cells} == {content["categories"][0]["id"]}
    assert (cells[0]["area"], cells[0]["bbox"], cells[0]["iscrowd"]) == (2, [0, 0, 3, 1], 0)


def test_pycocotools_opens_the_file(tmp_path, capsys):
    coco = pytest.importorskip("pycocotools.coco")
    labels = DRAWN["a ring around a cell"]
    path = tmp_path / "coco.json"
    path.write_bytes(b"".join(coco_json([coco_image("a.png", labels)])))
    opened = coco.COCO(str(path))
    cells = opened.loadAnns(opened.getAnnIds(imgIds=[1]))
    image = sum(opened.annToMask(cell).astype(int) * cell["label"] for cell in cells)
    np.testing.assert_array_equal(image, labels)


def test_no_image_is_a_file_too():
    assert json.loads(b"".join(coco_json([])))["annotations"] == []
