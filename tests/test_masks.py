"""What mask values mean, over a whole dataset."""

import numpy as np
import pytest

from cellseg.datasets.masks import (
    MaskEncoding,
    choose_encoding,
    decide_kind,
    foreground,
    joined_kind,
    labels,
    listed,
    mask_facts,
)
from cellseg.errors import CellsegError


def facts(*values, dtype=np.uint8):
    return mask_facts(np.array([values], dtype))


def blurred_disk(side=200, radius=60):
    rows, columns = np.mgrid[:side, :side]
    distance = np.hypot(rows - side / 2, columns - side / 2)
    return (np.clip((radius - distance) / 8 + 0.5, 0, 1) * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("masks", "kind"),
    [
        ([(0, 255), (0, 255)], "binary"),
        ([(0, 1), (0,)], "binary"),
        ([(0,), (255,)], "binary"),
        ([(0, 1), (0, 255)], "binary"),
        ([(0, 128)], "binary"),
        ([(0, 1), (0, 1, 2)], "labels"),
        ([(0, 1, 2, 3, 5)], "labels"),
        ([(0, 1), (0, 2), (0, 3)], "labels"),
        ([(0, 1, 255)], "labels"),
        ([tuple(range(100))], "labels"),
        ([(0, 128, 255), (0, 255)], "grey"),
        ([(0, 64, 128, 192, 255)], "grey"),
        ([(0, 127), (0, 255)], "grey"),
        ([(1, 2)], "grey"),
        ([tuple(range(1, 30))], "labels"),
    ],
)
def test_kind_over_the_whole_dataset(masks, kind):
    assert decide_kind([facts(*values) for values in masks]) == kind


def test_sixteen_bit_masks():
    assert decide_kind([facts(0, 65535, dtype=np.uint16)]) == "binary"
    assert decide_kind([facts(0, 32768, 65535, dtype=np.uint16)]) == "grey"
    assert decide_kind([facts(0, 1, 2, 300, dtype=np.uint16)]) == "labels"
    assert decide_kind([facts(0, 1, 70000, dtype=np.uint32)]) == "labels"


def test_facts_of_a_mask():
    found = facts(0, 3, 3, 7)
    assert (found.values, found.count, found.maximum, found.objects) == ((0, 3, 7), 3, 7, 2)
    assert not found.empty
    assert facts(0, 0).empty
    many = mask_facts(np.arange(1000, dtype=np.uint16).reshape(10, 100))
    assert (len(many.values), many.count, many.maximum) == (64, 1000, 999)
    wide = mask_facts(np.array([[0, 4_000_000_000]], np.uint32))
    assert (wide.values, wide.maximum) == ((0, 4_000_000_000), 4_000_000_000)


def test_grey_edges_are_seen():
    assert mask_facts(blurred_disk()).soft


def test_grey_edges_are_cut_at_half():
    soft, plain, labelled = mask_facts(blurred_disk()), facts(0, 255), facts(0, 1, 2)
    encoding = choose_encoding([soft, plain, facts(0)])
    assert encoding == MaskEncoding("binary", tuple(range(128, 256)))
    area = foreground(blurred_disk(), encoding.kind, encoding.foreground).sum()
    assert abs(area - np.pi * 60**2) < 0.02 * np.pi * 60**2
    assert decide_kind([soft, labelled, labelled]) == "labels"
    assert joined_kind(encoding, [soft, plain], [plain]) == "binary"


@pytest.mark.parametrize("cells", [9, 50, 200])
def test_labels_are_not_taken_for_grey_edges(cells):
    areas = np.random.default_rng(cells).integers(20, 200, cells)
    mask = np.concatenate([np.zeros(20_000), np.repeat(np.arange(cells) + 256 - cells, areas)])
    assert not mask_facts(mask.astype(np.uint8)[np.newaxis]).soft


def test_grey_needs_foreground_values():
    masks = [facts(0, 128, 255)]
    with pytest.raises(CellsegError, match="grey values 0, 128 and 255"):
        choose_encoding(masks)
    assert choose_encoding(masks, foreground=[255, 128]) == MaskEncoding("grey", (128, 255))
    assert choose_encoding(masks, kind="labels") == MaskEncoding("labels")


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (None, [7], "No mask has the value 7; the masks have 0 and 255"),
        (None, [0, 255], "no background is left"),
        ("labels", [255], "each value but 0 is a cell"),
    ],
)
def test_foreground_values_that_cannot_be(kind, values, words):
    with pytest.raises(CellsegError, match=words):
        choose_encoding([facts(0, 255)], kind, values)


def test_black_may_be_the_cells():
    assert choose_encoding([facts(0, 255)], foreground=[0]) == MaskEncoding("binary", (0,))


def test_only_black_masks_are_refused():
    with pytest.raises(CellsegError, match="None of the 2 masks has a cell"):
        choose_encoding([facts(0), facts(0)])


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("binary", (), [[False, True, True]]),
        ("labels", (), [[False, True, True]]),
        ("grey", (255,), [[False, False, True]]),
        ("grey", (128, 255), [[False, True, True]]),
        ("binary", (0,), [[True, False, False]]),
    ],
)
def test_foreground(kind, values, expected):
    assert foreground(np.array([[0, 128, 255]], np.uint8), kind, values).tolist() == expected


def test_foreground_of_grey_needs_values():
    with pytest.raises(ValueError, match="foreground values"):
        foreground(np.zeros((1, 1), np.uint8), "grey")


def test_cells_of_a_binary_mask_are_its_4_connected_parts():
    mask = np.array([[255, 0, 0], [0, 255, 255], [0, 0, 0]], np.uint8)
    assert labels(mask, "binary").tolist() == [[1, 0, 0], [0, 2, 2], [0, 0, 0]]
    assert labels(mask, "labels").tolist() == mask.tolist()
    assert labels(mask, "labels").dtype == np.int32


@pytest.mark.parametrize(
    ("encoding", "old", "new", "kind"),
    [
        (MaskEncoding("binary"), (0, 255), (0, 255), "binary"),
        (MaskEncoding("binary"), (0, 255), (0,), "binary"),
        (MaskEncoding("binary"), (0, 1), (0, 1, 2, 3), "labels"),
        (MaskEncoding("labels"), (0, 1, 2), (0, 1), "labels"),
        (MaskEncoding("labels"), (0, 1, 2), (0, 1, 2, 3, 4), "labels"),
        (MaskEncoding("grey", (128,)), (0, 128, 255), (0, 255), "grey"),
        (MaskEncoding("binary"), (0, 1, 2), (0, 1, 2, 3), "binary"),
    ],
)
def test_masks_that_fit_a_dataset(encoding, old, new, kind):
    assert joined_kind(encoding, [facts(*old)], [facts(*new)]) == kind


@pytest.mark.parametrize(
    ("encoding", "old", "new"),
    [
        (MaskEncoding("binary"), (0, 255), (0, 1, 2, 3)),
        (MaskEncoding("labels"), (0, 1, 2), (0, 255)),
        (MaskEncoding("labels"), (0, 1, 2), (0, 128, 255)),
        (MaskEncoding("grey", (128,)), (0, 128, 255), (0, 64, 255)),
        (MaskEncoding("binary"), (0, 1, 2), (0, 255)),
    ],
)
def test_masks_of_another_kind_are_refused(encoding, old, new):
    with pytest.raises(CellsegError, match="all masks of a dataset must have the same type"):
        joined_kind(encoding, [facts(*old)], [facts(*new)])


def test_values_in_words():
    assert listed([3]) == "3"
    assert listed([0, 128, 255]) == "0, 128 and 255"
    assert listed(range(20)) == "0, 1, 2, 3, 4, 5 and 14 more"
