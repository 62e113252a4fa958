"""The sample dataset."""

import numpy as np
import pytest

from cellseg.datasets import sample
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.sample import create_sample
from cellseg.datasets.store import DatasetStore
from cellseg.images.image import Image


def test_it_is_made_once(workspace):
    dataset = create_sample(workspace)
    assert (dataset.name, dataset.kind, dataset.sample) == ("sample", "labels", True)
    assert (len(dataset.split.train), len(dataset.split.test)) == (8, 2)
    assert dataset.image(dataset.names[0]).bits == "uint16"
    assert all(pair.labels for pair in dataset.pairs)
    assert create_sample(workspace).id == dataset.id
    assert list(workspace.inbox.iterdir()) == []


def test_it_leaves_the_name_to_a_dataset_of_the_user(workspace, monkeypatch):
    proposal = Proposal.create(workspace)
    for value in (1, 2):
        mask = np.eye(8, dtype=np.uint8)
        proposal.add(
            Image(mask * value, "YX"), mask, image_name=f"{value}.png", mask_name=f"{value}.png"
        )
    DatasetStore(workspace).create(proposal, "Sample")
    monkeypatch.setattr(sample, "IMAGES", 2)
    assert create_sample(workspace).name == "sample 2"


@pytest.mark.parametrize("name", ["images", "masks"])
def test_the_names_read_well(workspace, monkeypatch, name):
    monkeypatch.setattr(sample, "IMAGES", 2)
    pair = create_sample(workspace).pairs[0]
    assert {pair.image_name, pair.mask_name} >= {f"{name}/cells 01.tif"}
    assert pair.name == "cells-01"
