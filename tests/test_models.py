import io
import json
import zipfile

import h5py
import numpy as np
import pytest

from cellseg.errors import CellsegError
from cellseg.models.card import card_text
from cellseg.models.facts import BestOnTest, utc_now
from cellseg.models.store import ModelStore
from cellseg.recipes.pixels.settings import PixelsSettings
from cellseg.workspace import Workspace
from tests import made

pytestmark = pytest.mark.usefixtures("nothing_shipped")


ROW = {"pixel_accuracy": 0.9, "majority_accuracy": 0.8, "iou": 0.7, "dice": 0.82}
SCORES = {
    "together": {size: {**ROW, "iou_background": None} for size in ("network_size", "image_size")}
}


def facts(name="cells", **changes):
    known = {
        "created": utc_now(),
        "recipe": PixelsSettings(),
        "train": ("a", "b"),
        "test": ("c",),
        "epochs_done": 40,
        "seconds": 60.0,
        "scores": {**SCORES, "per_image": []},
        "encoder_sha256": "0" * 64,
        "versions": {"keras": "3"},
    }
    return made.model_facts(name=name, **{**known, **changes})


def hdf5(values):
    """A file of weights with these numbers."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers/kernel"] = np.array(values, np.float32)
    return buffer.getvalue()


FAKE = hdf5([1.0, -2.0])


@pytest.fixture
def store(tmp_path):
    return ModelStore(Workspace(tmp_path / "home"))


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "last.weights.h5"
    path.write_bytes(FAKE)
    return path


def test_a_published_model_is_found_by_id_and_by_name(store, weights):
    model = store.publish(facts("Müller cells"), weights)
    assert store.get("muller-cells").name == "Müller cells"
    assert store.get("MÜLLER CELLS").id == model.id
    assert model.weights.read_bytes() == FAKE
    assert (model.folder / "card.md").read_text(encoding="utf-8") == model.card


def test_a_name_that_was_taken_meanwhile_gets_a_number(store, weights):
    store.publish(facts(), weights)
    assert store.publish(facts(), weights).name == "cells 2"
    with pytest.raises(CellsegError, match="exists already"):
        store.checked_name("Cells")


def test_an_unknown_model_names_the_known_ones(store, weights):
    with pytest.raises(CellsegError, match="none yet; train one first"):
        store.get("x")
    store.publish(facts(), weights)
    with pytest.raises(CellsegError, match="the models are: cells"):
        store.get("../models/cells")


def test_renaming_keeps_the_id_and_rewrites_the_card(store, weights):
    renamed = store.rename(store.publish(facts(), weights), "nuclei")
    assert renamed.id == "cells"
    assert store.get("cells").name == "nuclei"
    assert (renamed.folder / "card.md").read_text().startswith("# nuclei")


def test_a_packed_model_comes_back_elsewhere(store, weights, tmp_path):
    original = store.publish(facts(best_on_test=BestOnTest(epoch=3, iou=0.75)), weights, weights)
    packed = tmp_path / "cells.zip"
    packed.write_bytes(store.pack(original))
    other = ModelStore(Workspace(tmp_path / "other"))
    assert other.unpack(packed).facts == original.facts
    assert other.get("cells").weights.read_bytes() == FAKE
    assert other.unpack(packed).name == "cells 2"
    assert other.unpack(packed, "again").name == "again"
    with pytest.raises(CellsegError, match="exists already"):
        other.unpack(packed, "again")


@pytest.mark.parametrize(
    "members", [{}, {"model.json": b"{}", "weights.weights.h5": b"x"}, {"a.txt": b"x"}]
)
def test_a_zip_that_is_no_model_is_refused(store, tmp_path, members):
    packed = tmp_path / "x.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(CellsegError, match=r"x\.zip is not a model of cellseg"):
        store.unpack(packed)
    assert store.all() == []


@pytest.mark.parametrize("harm", ["settings", "weights", "password"])
def test_a_damaged_model_is_refused(store, weights, tmp_path, harm):
    packed = tmp_path / "x.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", facts("other").model_dump_json())
        archive.writestr("weights.weights.h5", b"w" if harm == "weights" else FAKE)
    content = bytearray(packed.read_bytes())
    if harm == "settings":
        content[60:80] = bytes(20)
    if harm == "password":  # the flag of both headers of each member
        for start in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
            content[start] |= 1
    packed.write_bytes(content)
    with pytest.raises(CellsegError, match="is not a model of cellseg or is damaged"):
        store.unpack(packed)
    assert store.all() == []


def test_a_file_that_is_no_zip_is_refused(store, tmp_path):
    (tmp_path / "x.zip").write_bytes(b"hello")
    with pytest.raises(CellsegError, match="not a model"):
        store.unpack(tmp_path / "x.zip")


def test_hostile_names_in_a_zip_stay_inside(store, weights, tmp_path):
    model = store.publish(facts(), weights)
    hostile = io.BytesIO()
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("../../model.json", facts("evil").model_dump_json())
        archive.writestr("../../weights.weights.h5", FAKE)
        archive.writestr("../../evil.txt", b"w")
    (tmp_path / "evil.zip").write_bytes(hostile.getvalue())
    found = store.unpack(tmp_path / "evil.zip")
    assert found.folder.parent == model.folder.parent
    assert list(tmp_path.rglob("evil.txt")) == []


def test_deleting_removes_every_file(store, weights):
    model = store.publish(facts(), weights)
    store.delete(model)
    assert store.all() == []
    assert not model.folder.exists()


def test_the_card_says_what_a_person_must_know():
    card = card_text(facts(best_on_test=BestOnTest(epoch=3, iou=0.75)))
    assert "| Pixel accuracy | 0.900 | 0.900 |" in card
    assert "| Majority-class accuracy | 0.800 | 0.800 |" in card
    assert "| IoU of the background | n/a | n/a |" in card
    assert "With only 1 test image, the scores are a rough guide" in card
    assert "They were chosen on the test images" in card
    assert "stopped by the user" not in card


def test_the_card_of_a_model_without_test_images_has_no_scores():
    card = card_text(facts(scores=None, test=(), ended="stopped", encoder_sha256=None))
    assert "There are no scores" in card
    assert "stopped by the user" in card
    assert "random initialization, trained" in card


def test_a_card_names_few_test_images_and_counts_many():
    assert "- Test images: c\n" in card_text(facts(test=("c",)))
    many = tuple(f"image-{number}" for number in range(31))
    assert "- Test images: 31, listed in `model.json`\n" in card_text(facts(test=many))


def zipped(tmp_path, weights=FAKE, **changes):
    """A model in a zip as somebody else may have made it; changes are of its JSON."""
    stored = json.loads(facts("other").model_dump_json())
    for path, value in changes.items():
        inside, names = stored, path.split("__")
        for name in names[:-1]:
            inside = inside[name]
        inside[names[-1]] = value
    packed = tmp_path / "x.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", json.dumps(stored))
        archive.writestr("weights.weights.h5", weights)
    return packed


@pytest.mark.parametrize(
    "changes",
    [
        {"created": "2026-01-01T00:00:00"},
        {"created": "0001-01-01T00:00:00Z"},
        {"created": "9999-12-31T23:59:59Z"},
        {"seconds": float("inf")},
        {"seconds": 1e300},
        {"epochs_done": -1},
        {"recipe": {"name": "cells", "network": {"decoder_filters": [10**9, 8, 8, 8]}}},
        {"recipe": {"name": "cells"}, "cells": {"enlarged": 1000.0}},
        {"recipe": {"name": "cells"}, "training_facts": {"scale": 1000.0}},
        {"recipe": {"name": "cells"}, "training_facts": {"diameter": 1e9}},
        {"recipe": {"name": "cells"}, "training_facts": {"instances": {"second_pass": 1e9}}},
        {"recipe": {"name": "no such recipe"}},
    ],
)
def test_values_that_would_disable_the_app_are_refused(store, tmp_path, changes):
    with pytest.raises(CellsegError, match="is not a model of cellseg or is damaged"):
        store.unpack(zipped(tmp_path, **changes))
    assert store.all() == []
    assert store.unreadable() == []


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (hdf5([1.0, float("nan")]), "not finite"),
        (hdf5([float("inf")]), "not finite"),
        (FAKE[: len(FAKE) // 2], "damaged"),
        (b"\x89HDF and no more", "damaged"),
        (hdf5([]), "cellseg accepts at most"),
    ],
)
def test_weights_that_cannot_segment_are_refused(store, tmp_path, weights, sentence):
    with pytest.raises(CellsegError, match=sentence):
        store.unpack(zipped(tmp_path, weights))
    assert store.all() == []


def test_a_member_that_unpacks_to_too_much_is_refused_before_it_is_read(store, tmp_path):
    packed = tmp_path / "x.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", b" " * (65 * 1024**2))
        archive.writestr("weights.weights.h5", FAKE)
    assert packed.stat().st_size < 1024**2
    with pytest.raises(CellsegError, match=r"model\.json in this zip unpacks to 68 MB"):
        store.unpack(packed)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": 3}', b"\xff\xfe"])
def test_a_damaged_model_is_named_and_breaks_no_other(store, weights, content):
    good, bad = (store.publish(facts(name), weights) for name in ("good", "bad"))
    (bad.folder / "model.json").write_bytes(content)
    assert [model.id for model in store.all()] == [good.id]
    assert store.unreadable() == ["bad"]
