"""Which mask belongs to which image, by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellseg.datasets.intake.file_names import natural_key
from cellseg.datasets.intake.pairing import pair, pair_separate


def pairs(*names):
    found = pair(names)
    assert not found.images_without_mask
    assert not found.masks_without_image
    return [(match.image, match.mask) for match in found.pairs]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/a.png", "masks/a.png"),
        ("images/a.tif", "masks/a.png"),
        ("images/a.png", "labels/a.tif"),
        ("Images/A.PNG", "Masks/a.png"),
        ("set 1/images/a.png", "set 1/masks/a.png"),
        ("my images/images/a.png", "my images/masks/a.png"),
        ("images/plate 1/a.png", "masks/plate 1/a.png"),
        ("images/a.png", "masks/a_mask.png"),
        ("a.png", "masks/a.png"),
        ("cells/a.png", "cells_masks/a.png"),
        ("train-volume/train-volume_0.tif", "train-labels/train-labels_0.tif"),
        ("train-volume_0.tif", "train-labels_0.tif"),
        ("x/train-volume_0.tif", "x/train-labels_0.tif"),
        ("Training_source/a.tif", "Training_target/a.tif"),
        ("a.tif", "a_mask.tif"),
        ("a.tif", "a_masks.png"),
        ("a.tif", "a_label.tif"),
        ("a.tif", "a_labels.tif"),
        ("a.tif", "a_ART_masks.tif"),
        ("a.tif", "a_cp_masks.png"),
        ("a.tif", "a-mask.tif"),
        ("image_1.png", "mask_1.png"),
        ("a_img.tif", "a_masks.tif"),
        ("001.bmp", "001.png"),
        ("001.jpg", "001.bmp"),
        ("a.tif", "a.tif.png"),
        ("old/images/a.png", "corrected/masks/a.png"),
        ("images/Zelle (1) ü.png", "masks/Zelle (1) u\N{COMBINING DIAERESIS}.png"),
        ("images\\a.png", "masks\\a.png"),
        ("images/label_free_1.png", "masks/label_free_1.png"),
    ],
)
def test_a_pair_is_recognised(image, mask):
    assert pairs(image, mask) == [(image, mask)]
    assert pairs(mask, image) == [(image, mask)]


def test_pairs_come_in_natural_order_with_their_names():
    found = pair([f"{role}/cell {n}.png" for role in ("masks", "images") for n in (10, 9, 1)])
    assert [match.name for match in found.pairs] == ["cell 1", "cell 9", "cell 10"]


def test_train_and_test_folders_are_the_split():
    found = pair(
        [
            "set/train/images/a.png",
            "set/train/masks/a.png",
            "set/test/images/a.png",
            "set/test/masks/a.png",
            "images/training/b.png",
            "masks/training/b.png",
            "c.png",
            "c_mask.png",
        ]
    )
    sides = {match.image: match.split for match in found.pairs}
    assert sides == {
        "set/train/images/a.png": "train",
        "set/test/images/a.png": "test",
        "images/training/b.png": "train",
        "c.png": None,
    }
    for match in found.pairs:
        if match.image.startswith("set"):
            assert match.image.split("/")[1] == match.mask.split("/")[1]


def test_the_word_test_in_another_name_is_no_split():
    assert pair(["test run 3/images/a.png", "test run 3/masks/a.png"]).pairs[0].split is None


def test_what_is_left_is_listed_by_name():
    found = pair(["images/a.png", "images/b.png", "masks/a.png", "masks/c.png", "d_mask.png"])
    assert [match.image for match in found.pairs] == ["images/a.png"]
    assert found.images_without_mask == ("images/b.png",)
    assert found.masks_without_image == ("d_mask.png", "masks/c.png")


def test_side_files_are_left_out():
    side = [
        ".DS_Store",
        "__MACOSX/images/._a.png",
        "a_cellprob.tif",
        "a_cp_output.tif",
        "a_flows.tif",
        "a_flows_0.tif",
        "images/._a.png",
        "notes.txt",
    ]
    found = pair(["a.tif", "a_masks.tif", *side])
    assert [(match.image, match.mask) for match in found.pairs] == [("a.tif", "a_masks.tif")]
    assert sorted(found.left_out) == side
    assert not found.images_without_mask
    assert not found.masks_without_image


def test_of_two_masks_the_lossless_one_is_taken():
    found = pair(["a.tif", "a_masks.jpg", "a_masks.tif"])
    assert found.pairs[0].mask == "a_masks.tif"
    assert found.masks_without_image == ("a_masks.jpg",)


def test_no_guess_where_three_files_share_a_name():
    found = pair(["a.tif", "a.png", "a.bmp"])
    assert found.pairs == ()
    assert len(found.images_without_mask) == 3


def test_masks_brought_apart():
    found = pair_separate(["x/a.png", "b.png", "train-volume_0.tif"], ["a_mask.png", "b.png"])
    assert [(match.image, match.mask) for match in found.pairs] == [
        ("b.png", "b.png"),
        ("x/a.png", "a_mask.png"),
    ]
    assert found.images_without_mask == ("train-volume_0.tif",)
    found = pair_separate(["train-volume_0.tif"], ["train-labels_0.tif"])
    assert len(found.pairs) == 1


def test_natural_order():
    assert sorted(["a10", "a2", "a", "B1", "1"], key=natural_key) == ["1", "a", "a2", "a10", "B1"]


PARTS = st.sampled_from(
    ["images", "masks", "labels", "train", "test", "a", "b", "a_mask", "mask_a", "a_flows", "ü", ""]
)
NAMES = st.builds(
    lambda folders, stem, suffix: "/".join([*folders, stem + suffix]),
    st.lists(PARTS, max_size=3),
    PARTS | st.text(max_size=5),
    st.sampled_from([".png", ".tif", ".bmp", ".JPG", ".txt", "", ".png.tif"]),
)


@given(st.lists(NAMES | st.text(max_size=20), max_size=12))
def test_every_name_appears_exactly_once_in_any_order(names):
    found = pair(names)
    seen = [name for match in found.pairs for name in (match.image, match.mask)]
    seen += [*found.images_without_mask, *found.masks_without_image, *found.left_out]
    assert sorted(seen) == sorted(set(names))
    assert pair(names[::-1]) == found


@given(st.lists(NAMES, max_size=8), st.lists(NAMES, max_size=8))
def test_images_and_masks_apart_never_change_sides(images, masks):
    found = pair_separate(images, masks)
    seen_images = [match.image for match in found.pairs] + [*found.images_without_mask]
    seen_masks = [match.mask for match in found.pairs] + [*found.masks_without_image]
    assert len(seen_images) == len(set(seen_images))
    assert len(seen_masks) == len(set(seen_masks))
    assert set(seen_images) <= set(images)
    assert set(seen_masks) <= set(masks)
