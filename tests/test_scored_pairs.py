from types import SimpleNamespace

import pytest

from cellseg.analysis.scored_pairs import names_to_score
from cellseg.datasets.split import Split
from cellseg.errors import CellsegError


def dataset(fingerprint="mine", names=("a", "b", "c", "d")):
    """Four pairs of which the dataset's own split tests `d`."""
    pairs = [
        SimpleNamespace(name=name, image_sha256=f"hash {letter}")
        for name, letter in zip(names, "abcd", strict=True)
    ]
    split = Split(train=tuple(names[:3]), test=(names[3],))
    return SimpleNamespace(name="D", fingerprint=fingerprint, pairs=pairs, split=split)


def model(train=("a", "c"), hashes=("hash a", "hash c")):
    facts = SimpleNamespace(dataset_fingerprint="mine", train=train, train_hashes=hashes)
    return SimpleNamespace(name="cells", facts=facts)


def test_the_dataset_that_trained_the_model_is_scored_on_what_did_not_train():
    assert names_to_score(model(), dataset()) == ["b", "d"]
    assert names_to_score(model(), dataset(), "test") == ["b", "d"]
    assert names_to_score(model(), dataset(), "train") == ["a", "c"]
    assert names_to_score(model(), dataset(), "all") == ["a", "b", "c", "d"]


def test_a_copy_that_names_its_images_otherwise_is_known_by_their_content():
    assert names_to_score(model(), dataset(names=("1", "2", "3", "4"))) == ["2", "4"]


def test_a_model_that_noted_no_content_is_known_by_names():
    assert names_to_score(model(hashes=()), dataset()) == ["b", "d"]


def test_another_dataset_is_scored_as_a_whole_or_by_its_own_split():
    assert names_to_score(model(), dataset("other")) == ["a", "b", "c", "d"]
    assert names_to_score(model(), dataset("other"), "test") == ["d"]
    assert names_to_score(model(), dataset("other"), "train") == ["a", "b", "c"]


def test_a_model_that_trained_on_everything_has_no_test_images():
    everything = model(train=("a", "b", "c", "d"), hashes=tuple(f"hash {x}" for x in "abcd"))
    with pytest.raises(CellsegError, match="--split all"):
        names_to_score(everything, dataset())
