"""Masks of other tools, read in the child process."""

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roifile
import tifffile
from PIL import Image as Pillow

from cellseg.datasets.intake.importing import inspect
from cellseg.datasets.intake.sources import outlines, rois, seg
from cellseg.datasets.intake.sources.label_merging import filled_pixels, merge
from cellseg.datasets.intake.sources.run_lengths import decode_run_lengths
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError

SHAPE = (40, 50)
SQUARE = [(5, 5), (15, 5), (15, 15), (5, 15)]
"""x and y of the corners: columns 5 to 14, rows 5 to 14."""


def expected(*boxes):
    """A label image of rectangles, rows and columns from top and left to before bottom, right."""
    drawn = np.zeros(SHAPE, int)
    for number, (top, left, bottom, right) in enumerate(boxes, 1):
        drawn[top:bottom, left:right] = number
    return drawn


def test_a_ring_fills_the_pixels_whose_centres_lie_inside():
    assert np.array_equal(
        merge([filled_pixels([np.array(SQUARE)], SHAPE)], SHAPE).labels, expected((5, 5, 15, 15))
    )
    hole = np.array([(8, 8), (12, 8), (12, 12), (8, 12)])
    drawn = merge([filled_pixels([np.array(SQUARE), hole], SHAPE)], SHAPE).labels
    assert drawn.sum() == 100 - 16
    assert drawn[10, 10] == 0


def test_where_cells_overlap_the_smaller_one_wins_and_pixels_are_counted():
    large = np.flatnonzero(expected((0, 0, 20, 20)))
    small = np.flatnonzero(expected((15, 15, 25, 25)))
    for cells in ([large, small], [small, large]):
        merged = merge(cells, SHAPE)
        assert merged.overlap == 25
        assert (merged.labels.flat[small] == merged.labels[22, 22]).all()


def test_run_lengths_of_both_kinds():
    mask = expected((2, 3, 6, 7)) > 0
    counts, run, value = [], 0, False
    for pixel in mask.T.ravel():
        if pixel != value:
            counts.append(run)
            run, value = 0, pixel
        run += 1
    counts.append(run)
    drawn = {"size": list(SHAPE), "counts": counts}
    assert np.array_equal(decode_run_lengths(drawn, SHAPE), mask)
    packed = "j34T100000fe1"  # the same mask as pycocotools 2.0.11 writes it
    assert np.array_equal(decode_run_lengths({"size": list(SHAPE), "counts": packed}, SHAPE), mask)
    with pytest.raises(ValueError, match="add up"):
        decode_run_lengths({"size": list(SHAPE), "counts": [3]}, SHAPE)


# --- RoiSet.zip -------------------------------------------------------------------------------


def roi(points, name="1"):
    made = roifile.ImagejRoi.frompoints(np.array(points), name=name)
    made.roitype = roifile.ROI_TYPE.POLYGON
    return made


def test_rois_of_imagej(tmp_path):
    path = tmp_path / "RoiSet.zip"
    second = [(20, 20), (30, 20), (30, 30), (20, 30)]
    roifile.roiwrite(path, [roi(SQUARE, "a-1"), roi(second, "b-1")], mode="w")
    merged = rois.read_rois(path, "RoiSet.zip", None, SHAPE)
    assert np.array_equal(merged.labels, expected((5, 5, 15, 15), (20, 20, 30, 30)))
    only = rois.read_rois(path, "RoiSet.zip", "b", SHAPE)
    assert np.array_equal(only.labels, expected((20, 20, 30, 30)))
    assert rois.roi_names(path) == ["a-1", "b-1"]


def test_a_line_is_no_cell(tmp_path):
    line = roifile.ImagejRoi.frompoints([[0, 0], [5, 5]], name="line")
    line.roitype = roifile.ROI_TYPE.POLYLINE
    roifile.roiwrite(tmp_path / "l.zip", [line], mode="w")
    with pytest.raises(CellsegError, match="lines or points but no area"):
        rois.read_rois(tmp_path / "l.zip", "l.zip", None, SHAPE)


@pytest.mark.parametrize("content", [b"", b"junk", b"Iout\0\0"])
def test_damaged_rois_are_one_sentence(tmp_path, content):
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr("a.roi", content)
    with pytest.raises(CellsegError, match=r"r\.zip cannot be read as ImageJ ROIs"):
        rois.read_rois(tmp_path / "r.zip", "r.zip", None, SHAPE)


# --- outlines in JSON -------------------------------------------------------------------------


def feature(points, kind="annotation", shape="Polygon"):
    ring = [[*points, points[0]]]
    return {
        "type": "Feature",
        "geometry": {"type": shape, "coordinates": [ring] if shape == "MultiPolygon" else ring},
        "properties": {"objectType": kind},
    }


@pytest.mark.parametrize(
    "wrap", [lambda f: f, lambda f: {"type": "FeatureCollection", "features": f}]
)
def test_geojson_of_qupath(tmp_path, wrap):
    path = tmp_path / "a.geojson"
    whole = [(0, 0), (40, 0), (40, 40), (0, 40)]
    features = [
        feature(whole),
        feature(SQUARE, "detection"),
        feature([(20, 20), (30, 20), (30, 30), (20, 30)], "cell", "MultiPolygon"),
    ]
    path.write_text(json.dumps(wrap(features)))
    merged = outlines.read_geojson(path, "a.geojson", SHAPE)
    assert np.array_equal(merged.labels, expected((5, 5, 15, 15), (20, 20, 30, 30)))


def test_coco_polygons_and_run_lengths(tmp_path):
    path = tmp_path / "coco.json"
    runs = [5 * 40 + 5, *[10, 30] * 9, 10]
    runs.append(40 * 50 - sum(runs))
    content = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}],
        "annotations": [
            {"image_id": 7, "segmentation": [[20, 20, 30, 20, 30, 30, 20, 30]]},
            {"image_id": 7, "segmentation": {"size": [40, 50], "counts": runs}},
            {"image_id": 8, "segmentation": [[0, 0, 5, 0, 5, 5]]},
        ],
    }
    path.write_text(json.dumps(content))
    assert outlines.coco_images(content) == ["a.png", "b.png"]
    merged = outlines.read_coco(path, "coco.json", "a.png", SHAPE)
    assert np.array_equal(merged.labels, expected((20, 20, 30, 30), (5, 5, 15, 15)))
    with pytest.raises(CellsegError, match=r"does not list the image c\.png"):
        outlines.read_coco(path, "coco.json", "c.png", SHAPE)


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "\0"])
def test_no_json_is_one_sentence(tmp_path, text):
    (tmp_path / "a.geojson").write_text(text)
    with pytest.raises(CellsegError, match="not valid JSON"):
        outlines.read_geojson(tmp_path / "a.geojson", "a.geojson", SHAPE)


@pytest.mark.parametrize("points", [[1, 2], [["x", "y"]], "text"])
def test_strange_outlines_are_one_sentence_or_nothing(tmp_path, points):
    made = feature(SQUARE)
    made["geometry"]["coordinates"] = points
    (tmp_path / "a.geojson").write_text(json.dumps([made]))
    with pytest.raises(CellsegError, match="not a list of x and y"):
        outlines.read_geojson(tmp_path / "a.geojson", "a.geojson", SHAPE)


# --- Cellpose ---------------------------------------------------------------------------------


def save(path: Path, content: Any) -> None:
    """Write an object as Cellpose does, as a pickle inside .npy."""
    np.save(path, content)


def test_masks_of_cellpose(tmp_path):
    masks = expected((5, 5, 15, 15)).astype(np.uint16)
    content = {
        "masks": masks,
        "filename": "a.tif",
        "outlines": masks * 0,
        "diameter": np.float32(17.5),
        "flows": [np.zeros(3), [np.ones(2)]],
        "ismanual": np.zeros(1, bool),
    }
    save(tmp_path / "a_seg.npy", content)
    read = seg.read_seg(tmp_path / "a_seg.npy", "a_seg.npy")
    assert np.array_equal(read, masks)
    assert read.dtype == np.uint16


class Evil:
    def __reduce__(self):
        return (print, ("you have been had",))


def test_a_pickle_that_wants_more_than_arrays_is_refused(tmp_path, capsys):
    save(tmp_path / "a_seg.npy", {"masks": np.zeros((2, 2), int), "more": Evil()})
    with pytest.raises(CellsegError, match=r"builtins\.print; .* can run programs"):
        seg.read_seg(tmp_path / "a_seg.npy", "a_seg.npy")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"junk", pickle.dumps({"masks": 1})])
def test_what_is_not_of_cellpose_is_one_sentence(tmp_path, content):
    (tmp_path / "a_seg.npy").write_bytes(content)
    with pytest.raises(CellsegError, match="not a Cellpose file or is damaged"):
        seg.read_seg(tmp_path / "a_seg.npy", "a_seg.npy")


def test_cellpose_without_masks(tmp_path):
    save(tmp_path / "a_seg.npy", {"flows": 1})
    with pytest.raises(CellsegError, match="has no masks"):
        seg.read_seg(tmp_path / "a_seg.npy", "a_seg.npy")


# --- whole layouts, through the child process -------------------------------------------------

RNG = np.random.default_rng(0)


def noise():
    return RNG.integers(0, 255, SHAPE, dtype=np.uint8)


def write(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(array).save(path)


def of_nuclei(root):
    for name in ("one", "two"):
        write(root / name / "images" / f"{name}.png", noise())
        for number, box in enumerate([(5, 5, 15, 15), (20, 20, 30, 30)]):
            drawn = (expected(box) * 255).astype(np.uint8)
            write(root / name / "masks" / f"{number}.png", drawn)


def of_npz(root):
    labels = np.stack([expected((5, 5, 15, 15), (20, 20, 30, 30))] * 2)[..., np.newaxis]
    images = np.stack([np.stack([noise(), noise()], -1) for _ in range(2)]).astype(np.float32)
    np.savez_compressed(root / "data.npz", X=images, y=labels.astype(np.int64))


def of_stacks(root):
    drawn = expected((5, 5, 15, 15), (20, 20, 30, 30)).astype(np.uint16)
    tifffile.imwrite(
        root / "train-volume.tif", np.stack([noise(), noise()]), photometric="minisblack"
    )
    tifffile.imwrite(root / "train-labels.tif", np.stack([drawn] * 2), photometric="minisblack")


def of_rois(root):
    for name in ("one", "two"):
        write(root / f"{name}.png", noise())
        listed = [roi(SQUARE, "1"), roi([(20, 20), (30, 20), (30, 30), (20, 30)], "2")]
        roifile.roiwrite(root / f"{name}_RoiSet.zip", listed, mode="w")


def of_seg(root):
    for name in ("one", "two"):
        write(root / f"{name}.png", noise())
        masks = expected((5, 5, 15, 15), (20, 20, 30, 30)).astype(np.uint16)
        save(root / f"{name}_seg.npy", {"masks": masks})


def of_qupath(root):
    for name in ("one", "two"):
        write(root / "images" / f"{name}.png", noise())
        listed = [feature(SQUARE), feature([(20, 20), (30, 20), (30, 30), (20, 30)])]
        (root / f"{name}.geojson").write_text(json.dumps(listed))


def of_coco(root):
    square = [5, 5, 15, 5, 15, 15, 5, 15]
    other = [20, 20, 30, 20, 30, 30, 20, 30]
    content: dict[str, list] = {"images": [], "annotations": []}
    for number, name in enumerate(("one", "two")):
        write(root / "images" / f"{name}.png", noise())
        content["images"].append({"id": number, "file_name": f"{name}.png"})
        for points in (square, other):
            content["annotations"].append({"image_id": number, "segmentation": [points]})
    (root / "annotations.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("layout", "draw"),
    [
        ("dsb2018", of_nuclei),
        ("deepcell", of_npz),
        ("stacks", of_stacks),
        ("roi-sets", of_rois),
        ("cellpose-seg", of_seg),
        ("geojson", of_qupath),
        ("coco", of_coco),
    ],
)
def test_a_layout_becomes_a_dataset(workspace, tmp_path, layout, draw):
    root = tmp_path / "brought"
    root.mkdir()
    draw(root)
    proposal = inspect(workspace, root)
    assert proposal.layout.name == layout
    assert proposal.problems == []
    dataset = DatasetStore(workspace).create(proposal, "kept")
    proposal.discard()
    assert len(dataset.pairs) == 2
    for name in dataset.names:
        assert np.array_equal(dataset.labels(name), expected((5, 5, 15, 15), (20, 20, 30, 30)))


def test_overlapping_nuclei_are_reported(workspace, tmp_path):
    of_nuclei(tmp_path / "brought")
    drawn = (expected((10, 10, 20, 20)) * 255).astype(np.uint8)
    write(tmp_path / "brought" / "one" / "masks" / "more.png", drawn)
    proposal = inspect(workspace, tmp_path / "brought")
    [found] = [each for each in proposal.findings if each.check == "overlapping-cells"]
    assert found.images == ("one/images/one.png",)
    assert "25 pixels" in found.message
    proposal.discard()
