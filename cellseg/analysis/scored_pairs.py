"""The pairs of a dataset on which a model is scored."""

from typing import Literal

from cellseg.datasets.dataset import Dataset
from cellseg.errors import CellsegError
from cellseg.models.store import Model

Subset = Literal["train", "test", "all"]


def names_to_score(model: Model, dataset: Dataset, subset: Subset | None = None) -> list[str]:
    """Names of the pairs to score.

    The split of the training applies to the dataset that trained the model, recognised by its
    fingerprint; the dataset's own split applies to any other dataset.

    Parameters
    ----------
    subset : None means the test pairs of the training dataset, and all pairs of another dataset.

    Raises
    ------
    CellsegError
        Where the subset is empty.
    """
    own = dataset.fingerprint == model.facts.dataset_fingerprint
    subset = subset or ("test" if own else "all")
    names = [pair.name for pair in dataset.pairs]
    if subset == "all":
        return names
    trained = _trained(model, dataset) if own else set(dataset.split.train)
    chosen = [name for name in names if (name in trained) == (subset == "train")]
    if not chosen:
        raise CellsegError(
            f"{dataset.name} has no {subset} image for the model {model.name}; choose --split all."
        )
    return chosen


def _trained(model: Model, dataset: Dataset) -> set[str]:
    """Names of the pairs that trained a model, found by hash, since a copy may have other names."""
    if not model.facts.train_hashes:
        return set(model.facts.train)
    hashes = set(model.facts.train_hashes)
    return {pair.name for pair in dataset.pairs if pair.image_sha256 in hashes}
