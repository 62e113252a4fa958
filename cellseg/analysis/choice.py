"""Which images of a dataset a model is scored on."""

from typing import Literal

from cellseg.datasets.dataset import Dataset
from cellseg.errors import CellsegError
from cellseg.models.store import Model

Part = Literal["train", "test", "all"]


def names_to_score(model: Model, dataset: Dataset, part: Part | None = None) -> list[str]:
    """Names of the pairs to score.

    On the dataset that trained the model, known by its fingerprint, the parts are those of that
    training; on any other dataset they are the dataset's own.

    Parameters
    ----------
    part : None takes the test images on the model's training dataset, else all.

    Raises
    ------
    CellsegError
        Where that part is empty.
    """
    own = dataset.fingerprint == model.facts.dataset_fingerprint
    part = part or ("test" if own else "all")
    names = [pair.name for pair in dataset.pairs]
    if part == "all":
        return names
    trained = _trained(model, dataset) if own else set(dataset.split.train)
    chosen = [name for name in names if (name in trained) == (part == "train")]
    if not chosen:
        raise CellsegError(
            f"The {part} part of {dataset.name} holds no image for the model {model.name}; "
            "choose --split all."
        )
    return chosen


def _trained(model: Model, dataset: Dataset) -> set[str]:
    """Names of the pairs that trained a model; by content, as a copy may name them otherwise."""
    if not model.facts.train_hashes:
        return set(model.facts.train)
    hashes = set(model.facts.train_hashes)
    return {pair.name for pair in dataset.pairs if pair.image_sha256 in hashes}
