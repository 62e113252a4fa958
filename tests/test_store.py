"""Datasets on disk: made as a whole, extended, renamed, deleted."""

import errno
import json
import os
import shutil

import numpy as np
import pytest

from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.pairs import pair_name
from cellseg.datasets.store import DatasetStore
from cellseg.errors import CellsegError
from cellseg.images.image import Image
from tests import made


@pytest.fixture
def store(workspace):
    return DatasetStore(workspace)


def proposed(workspace, count=5, first=0, values=(0, 255), sides=None):
    """Make a proposal of small pairs; pair N has the grey value N."""
    proposal = Proposal.create(workspace)
    for number in range(first, first + count):
        mask = np.zeros((20, 30), np.uint8)
        for column, value in enumerate(values):
            mask[5:15, 4 * column : 4 * column + 3] = value
        proposal.add(
            Image(np.full((20, 30), number, np.uint16), "YX"),
            mask,
            image_name=f"images/Zelle {number}.tif",
            mask_name=f"masks/Zelle {number}.png",
            side=sides and sides[number],
        )
    return proposal


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_kept_is_read_back(store, workspace):
    dataset = store.create(proposed(workspace), "Hefe, 1. Serie")
    assert (dataset.id, dataset.name, dataset.kind) == ("hefe-1-serie", "Hefe, 1. Serie", "binary")
    assert dataset.foreground_values == ()
    assert dataset.names == [f"zelle-{number}" for number in range(5)]
    facts = dataset.pair("zelle-3")
    assert facts.image_name == "images/Zelle 3.tif"
    assert (facts.height, facts.width, facts.channels, facts.dtype) == (20, 30, 1, "uint16")
    assert facts.labels is None
    assert dataset.image("zelle-3").pixels.max() == 3
    assert dataset.mask("zelle-3").max() == 255
    assert dataset.foreground("zelle-3").sum() == 30
    assert dataset.labels("zelle-3").max() == 1
    rgb8, cells = dataset.preview("zelle-3")
    assert (rgb8.shape, rgb8.dtype, cells.shape, cells.dtype) == (
        (20, 30, 3),
        np.uint8,
        (20, 30),
        bool,
    )
    assert len(dataset.split.test) == 1
    again = store.get("hefe-1-serie")
    assert again.record == dataset.record


def test_nothing_else_is_left_in_the_workspace(store, workspace):
    proposal = proposed(workspace, 2)
    dataset = store.create(proposal, "a")
    proposal.discard()
    kinds = {"images": ".tif", "masks": ".tif", "previews": ".tif"}
    expected = [
        f"{folder}{os.sep}zelle-{n}{suffix}" for folder, suffix in kinds.items() for n in (0, 1)
    ]
    expected += [f"previews{os.sep}zelle-{n}.png" for n in (0, 1)]
    assert files_in(dataset.folder) == sorted([*expected, "dataset.json"])
    assert list(workspace.inbox.iterdir()) == []
    assert dataset.image("zelle-0").pixels.shape == (20, 30)


def test_labels_are_counted_and_kept(store, workspace):
    dataset = store.create(proposed(workspace, values=(0, 1, 2, 3)), "a")
    assert dataset.kind == "labels"
    assert [pair.labels for pair in dataset.pairs] == [3] * 5
    assert np.unique(dataset.labels("zelle-0")).tolist() == [0, 1, 2, 3]


def test_grey_needs_foreground_values(store, workspace):
    proposal = proposed(workspace, values=(0, 128, 255))
    assert (proposal.kind, proposal.values) == ("grey", (0, 128, 255))
    with pytest.raises(CellsegError, match="grey values 0, 128 and 255"):
        store.create(proposal, "a")
    dataset = store.create(proposal, "a", foreground=[255])
    assert (dataset.kind, dataset.foreground_values) == ("grey", (255,))
    assert dataset.foreground("zelle-0").sum() == 30
    assert proposal.preview("zelle-0", "grey", [128, 255])[1].sum() == 60
    assert proposal.preview("zelle-0")[1].sum() == 60


def test_the_users_word_on_the_kind_counts(store, workspace):
    dataset = store.create(proposed(workspace, values=(0, 1, 2)), "a", kind="binary")
    assert dataset.kind == "binary"


def test_folders_give_the_split(store, workspace):
    sides = ["train", "test", "test", "train", "train"]
    dataset = store.create(proposed(workspace, sides=sides), "a")
    assert dataset.split.source == "folders"
    assert dataset.split.test == ("zelle-1", "zelle-2")


@pytest.mark.parametrize("name", ["a", " A ", ""])
def test_a_taken_or_missing_name_is_refused(store, workspace, name):
    store.create(proposed(workspace), "a")
    with pytest.raises(CellsegError, match=r"exists already|needs a name"):
        store.create(proposed(workspace), name)
    assert len(store.all()) == 1


def test_fewer_than_two_pairs_are_refused(store, workspace):
    with pytest.raises(CellsegError, match="1 pair of image and mask"):
        store.create(proposed(workspace, 1), "a")
    assert store.all() == []


def test_datasets_come_newest_first_and_by_id_or_name(store, workspace):
    first = store.create(proposed(workspace), "Größe")
    second = store.create(proposed(workspace), "groesse")
    third = store.create(proposed(workspace), "Größe!")
    assert [dataset.id for dataset in store.all()] == [third.id, second.id, first.id]
    assert len({first.id, second.id, third.id}) == 3
    assert store.get("GRÖSSE!").id == third.id
    with pytest.raises(CellsegError, match="No dataset is named b; the datasets are: Größe!"):
        store.get("b")
    with pytest.raises(CellsegError, match="no dataset yet"):
        DatasetStore(type(workspace)(workspace.root / "other")).get("../datasets/a")


def test_fingerprint_is_of_pixels_and_meaning_not_of_names(store, workspace):
    first = store.create(proposed(workspace), "a")
    same = store.create(proposed(workspace), "b")
    assert same.fingerprint == first.fingerprint
    assert store.rename("a", "c").fingerprint == first.fingerprint
    others = [
        store.create(proposed(workspace, 6), "more"),
        store.create(proposed(workspace, first=1), "other image"),
        store.create(proposed(workspace, values=(0, 254)), "other mask"),
        store.create(proposed(workspace), "other kind", kind="labels"),
        store.create(proposed(workspace), "other foreground", foreground=[0]),
    ]
    assert len({first.fingerprint, *(dataset.fingerprint for dataset in others)}) == 6


def test_added_pairs_never_move_the_old_ones(store, workspace):
    old = store.create(proposed(workspace, 10), "a")
    new = store.add(old, proposed(workspace, 10, first=5))
    assert len(new.pairs) == 15
    assert set(old.split.test) <= set(new.split.test)
    assert set(old.split.train) <= set(new.split.train)
    assert len(new.split.test) == 3
    assert new.fingerprint != old.fingerprint
    assert new.warnings == [
        "5 of 10 pairs added later were in the dataset already; cellseg skipped them."
    ]
    assert store.get("a").record == new.record
    assert new.image("zelle-12").pixels.max() == 12


def test_names_taken_in_the_dataset_are_changed(store, workspace):
    old = store.create(proposed(workspace, 2), "a")
    new = store.add(old, proposed(workspace, 2, values=(0, 255, 255)))
    assert new.names == ["zelle-0", "zelle-1", "zelle-0-2", "zelle-1-2"]
    assert new.foreground("zelle-0").sum() == 30
    assert new.foreground("zelle-0-2").sum() == 60


def test_nothing_new_and_other_kinds_are_refused(store, workspace):
    dataset = store.create(proposed(workspace, 3), "a")
    with pytest.raises(CellsegError, match="has all 3 pairs already"):
        store.add(dataset, proposed(workspace, 3))
    with pytest.raises(CellsegError, match="all masks of a dataset must have the same type"):
        store.add(dataset, proposed(workspace, 3, values=(0, 1, 2, 3)))
    assert store.get("a").record == dataset.record


def test_one_pair_can_be_added(store, workspace):
    dataset = store.create(proposed(workspace, 2), "a")
    assert len(store.add(dataset, proposed(workspace, 1, first=7)).pairs) == 3


def test_rename_keeps_the_id(store, workspace):
    store.create(proposed(workspace), "a")
    store.create(proposed(workspace), "b")
    assert store.rename("a", " Neu ").name == "Neu"
    assert store.get("a").name == "Neu"
    assert store.rename("a", "NEU").name == "NEU"
    with pytest.raises(CellsegError, match="exists already"):
        store.rename("a", "B")
    with pytest.raises(CellsegError, match="No dataset is named x"):
        store.rename("x", "y")


def test_delete(store, workspace):
    store.create(proposed(workspace), "a")
    store.delete("a")
    assert store.all() == []
    for gone in ("a", "../a", ""):
        with pytest.raises(CellsegError, match="may have been deleted"):
            store.delete(gone)


def test_unknown_pair(store, workspace):
    dataset = store.create(proposed(workspace), "a")
    for read in (dataset.pair, dataset.image, dataset.mask, dataset.preview):
        with pytest.raises(CellsegError, match="has no pair named nothing"):
            read("nothing")


def test_newer_and_damaged_records(store, workspace):
    dataset = store.create(proposed(workspace), "a")
    path = dataset.folder / "dataset.json"
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**record, "format": 2}), "utf-8")
    with pytest.raises(CellsegError, match="newer cellseg"):
        store.get("a")
    for damaged in ("", "[]", "{}", json.dumps({**record, "unknown": 1})):
        path.write_text(damaged, "utf-8")
        with pytest.raises(CellsegError, match="missing or damaged"):
            store.get("a")
    assert store.all() == []
    store.create(proposed(workspace), "b")
    assert [dataset.name for dataset in store.all()] == ["b"]


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "is full"), (errno.EROFS, "cannot be written")]
)
def test_a_disk_that_refuses_leaves_everything_as_it_was(
    store, workspace, monkeypatch, code, words
):
    dataset = store.create(proposed(workspace, 3), "a")
    before = files_in(dataset.folder)
    proposal = proposed(workspace, 3, first=10)
    copyfile, copied = shutil.copyfile, []

    def refuse(source, target):
        copied.append(target)
        if len(copied) % 6 == 0:
            raise OSError(code, "refused")
        copyfile(source, target)

    def no_links(source, target):
        raise OSError(errno.ENOTSUP, "no hard links here")

    monkeypatch.setattr("os.link", no_links)
    monkeypatch.setattr("shutil.copyfile", refuse)
    with pytest.raises(CellsegError, match=words):
        store.create(proposal, "b")
    with pytest.raises(CellsegError, match=words):
        store.add(dataset, proposal)
    monkeypatch.undo()
    assert [other.id for other in store.all()] == ["a"]
    assert files_in(dataset.folder) == before
    assert store.get("a").record == dataset.record


def test_a_disk_that_refuses_while_decoding(workspace, monkeypatch):
    proposal = Proposal.create(workspace)

    def refuse(*_):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    with pytest.raises(CellsegError, match="is full"):
        proposal.add(
            Image(np.zeros((4, 4), np.uint8), "YX"),
            np.zeros((4, 4), np.uint8),
            image_name="a",
            mask_name="b",
        )
    assert proposal.pairs == []


def test_names_are_safe_on_every_system():
    assert pair_name("Größe 1/2", set()) == "grosse-1-2"
    assert pair_name("../../etc/passwd", set()) == "etc-passwd"
    assert pair_name("CON", set()) == "image-con"
    assert pair_name("細胞", set()) == "image"
    assert pair_name("A", {"a", "a-2"}) == "a-3"


def test_the_split_is_changed_by_hand_and_stays(workspace):
    store = DatasetStore(workspace)
    dataset = made.dataset(workspace, pairs=4)
    changed = store.set_test_pairs(dataset.id, dataset.names[:2])
    assert store.get(dataset.id).split == changed.split
    assert changed.split.test == tuple(sorted(dataset.names[:2]))
    assert changed.fingerprint == dataset.fingerprint


def test_notes_are_kept(workspace):
    store = DatasetStore(workspace)
    dataset = made.dataset(workspace)
    store.set_notes(dataset.id, " Confocal, 63x \n")
    assert store.get(dataset.id).record.notes == "Confocal, 63x"
    with pytest.raises(CellsegError, match="at most 10,000 fit"):
        store.set_notes(dataset.id, "x" * 10_001)


def test_the_same_pixels_twice_are_said(workspace):
    first = made.dataset(workspace, "one")
    assert first.warnings == []
    second = made.dataset(workspace, "two")
    assert second.warnings == ["The dataset one has the same images and masks already."]
