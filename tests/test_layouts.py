"""Layouts of other tools, recognised by names and by what is inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellseg.datasets.intake.layouts import recognise
from tests.test_pairing import NAMES


class Fake:
    """Says what lies in files that do not exist."""

    def __init__(self, pages=None, rows=None, rois=None, outlines=None):
        self._pages, self._rows = pages or {}, rows or {}
        self._rois, self._outlines = rois or {}, outlines or {}

    def page_count(self, name, role):
        return self._pages.get(name, 1)

    def row_count(self, name):
        return self._rows.get(name)

    def roi_names(self, name):
        return self._rois.get(name, [])

    def outlined_images(self, name):
        return self._outlines.get(name, [] if name.endswith(".geojson") else None)


NOTHING = Fake()


def pairs(found):
    return [(made.image, made.mask) for made in found.pairs]


@pytest.mark.parametrize(
    ("layout", "image", "mask"),
    [
        ("two-folders", "images/a.png", "masks/a.png"),
        ("two-folders", "images/a.png", "labels/a.tif"),
        ("original", "train-volume/train-volume_0.tif", "train-labels/train-labels_0.tif"),
        ("zerocost", "Training_source/a.tif", "Training_target/a.tif"),
        ("biapy", "x/a.tif", "y/a.tif"),
        ("biapy", "train/x/a.tif", "train/y/a.tif"),
        ("cellpose", "a.tif", "a_masks.tif"),
        ("cellpose", "a.tif", "a_cp_masks.png"),
        ("cellpose", "a.tif", "a_ART_masks.tif"),
        ("suffix", "a.tif", "a_mask.tif"),
        ("suffix", "a.tif", "a_labels.png"),
        ("suffix", "a.tif", "a_label.png"),
        ("word", "image_1.png", "mask_1.png"),
        ("same-stem", "001.bmp", "001.png"),
        ("cellpose-seg", "a.tif", "a_seg.npy"),
        ("roi-sets", "a.tif", "a_RoiSet.zip"),
        ("roi-sets", "a.tif", "RoiSet.zip"),
        ("roi-sets", "a.tif", "a.roi"),
        ("roi-sets", "images/a.tif", "rois/a.zip"),
        ("geojson", "a.tif", "a.geojson"),
    ],
)
def test_a_layout_is_recognised_in_any_order(layout, image, mask):
    for names in ([image, mask], [mask, image]):
        found = recognise(names, NOTHING)
        assert pairs(found) == [(image, mask)]
        assert found.layout.name == layout
        assert found.layout.sentence
        assert not found.left_out


def test_train_and_test_parents_are_the_split_and_said():
    names = [f"{side}/{kind}/a.png" for side in ("train", "test") for kind in ("images", "masks")]
    found = recognise(names, NOTHING)
    assert {made.image: made.split for made in found.pairs} == {
        "train/images/a.png": "train",
        "test/images/a.png": "test",
    }
    assert "become the split" in found.layout.sentence


def test_one_file_for_each_nucleus():
    names = ["s/id1/images/id1.png", "s/id1/masks/x.png", "s/id1/masks/y.png"]
    names += ["s/id2/images/id2.png", "s/id2/masks/z.png"]
    found = recognise(names, NOTHING)
    assert found.layout.name == "dsb2018"
    assert pairs(found) == [
        ("s/id1/images/id1.png", "s/id1/masks, 2 files"),
        ("s/id2/images/id2.png", "s/id2/masks, 1 file"),
    ]
    part = found.masks["s/id1/masks, 2 files"]
    assert part.files == ("s/id1/masks/x.png", "s/id1/masks/y.png")


def test_arrays_of_deepcell():
    found = recognise(["train.npz", "test.npz"], Fake(rows={"train.npz": 2, "test.npz": 1}))
    assert found.layout.name == "deepcell"
    assert [(made.image, made.split) for made in found.pairs] == [
        ("test.npz, X 0", "test"),
        ("train.npz, X 0", "train"),
        ("train.npz, X 1", "train"),
    ]


def test_pages_of_two_stacks():
    inspector = Fake(pages={"train-volume.tif": 3, "train-labels.tif": 3})
    found = recognise(["train-volume.tif", "train-labels.tif"], inspector)
    assert found.layout.name == "stacks"
    assert [made.name for made in found.pairs] == [f"train-volume-0{page}" for page in range(3)]
    assert found.images["train-volume.tif, page 2"].entry == 2


def test_a_stack_with_one_mask_is_one_pair():
    found = recognise(["a.tif", "a_mask.tif"], Fake(pages={"a.tif": 5}))
    assert pairs(found) == [("a.tif", "a_mask.tif")]


def test_rois_that_name_their_image():
    rois = {"RoiSet.zip": ["a_1-0001", "a_10-0001", "other"]}
    found = recognise(["a_1.tif", "a_10.tif", "b.tif", "RoiSet.zip"], Fake(rois=rois))
    assert pairs(found) == [("a_1.tif", "RoiSet.zip, a_1"), ("a_10.tif", "RoiSet.zip, a_10")]
    assert found.images_without_mask == ("b.tif",)


def test_coco_names_its_images():
    inspector = Fake(outlines={"coco.json": ["a.png", "deep/b.png", "gone.png"]})
    found = recognise(["images/a.png", "images/b.png", "coco.json", "c.png"], inspector)
    assert pairs(found) == [
        ("images/a.png", "coco.json, a.png"),
        ("images/b.png", "coco.json, deep/b.png"),
    ]
    assert found.images_without_mask == ("c.png",)
    assert found.layout.name == "coco"


def test_a_mask_file_wins_over_seg_npy_and_side_files_are_left_out():
    side = ["a_cp_output.png", "a_flows.tif", "a_seg.npy", "notes.txt", "settings.json"]
    found = recognise(["a.tif", "a_masks.tif", *side], NOTHING)
    assert pairs(found) == [("a.tif", "a_masks.tif")]
    assert list(found.left_out) == side


def test_masks_of_other_tools_brought_apart():
    found = recognise(["a.tif", "b.tif"], NOTHING, ["a.zip", "b.zip"])
    assert pairs(found) == [("a.tif", "a.zip"), ("b.tif", "b.zip")]


def test_several_layouts_are_counted():
    found = recognise(["images/a.png", "masks/a.png", "images/b.png", "masks/b.png", "c.png",
                       "c_mask.png"], NOTHING)  # fmt: skip
    assert found.layout.name == "two-folders"
    assert "2 of 3 pairs; others: suffix" in found.layout.sentence


def test_a_person_pairs_by_hand():
    found = recognise(["images/a.png", "images/b.png", "masks/1.png", "masks/b.png"], NOTHING)
    assert found.images_without_mask == ("images/a.png",)
    wanted = [("images/a.png", "masks/1.png"), ("images/b.png", "masks/b.png"), ("x", "y")]
    changed = found.with_pairs(wanted)
    assert pairs(changed) == wanted[:2]
    assert changed.layout.name == "by-hand"
    assert not changed.images_without_mask
    assert found.with_pairs(pairs(found)).layout == found.layout
    fewer = found.with_pairs([("images/a.png", "masks/1.png")])
    assert fewer.masks_without_image == ("masks/b.png",)
    assert fewer.images_without_mask == ("images/b.png",)


ANY = st.one_of(
    NAMES,
    st.text(max_size=20),
    st.builds(
        lambda folder, stem, end: f"{folder}{stem}{end}",
        st.sampled_from(["", "x/", "y/", "a/images/", "a/masks/", "train/x/", "rois/"]),
        st.sampled_from(["a", "b", "RoiSet", "é", ""]),
        st.sampled_from([".tif", "_seg.npy", ".zip", ".json", ".geojson", ".npz", ".roi", ".png"]),
    ),
)


@given(st.lists(ANY, max_size=12), st.lists(ANY, max_size=4))
def test_any_set_of_names_pairs_without_crash_and_in_any_order(names, masks):
    inspector = Fake(
        pages=dict.fromkeys(names, 2), rows={"a.npz": 2}, outlines={"a.json": ["a.tif"]}
    )
    found = recognise(names, inspector, masks)
    assert recognise(names[::-1], inspector, masks[::-1]) == found
    assert {made.image for made in found.pairs} <= set(found.images)
    assert {made.mask for made in found.pairs} <= set(found.masks)
    assert len({made.image for made in found.pairs}) == len(found.pairs)
    assert found.with_pairs(pairs(found)).pairs == found.pairs
