"""The sample dataset: synthetic cells with true masks."""

import numpy as np

from cellseg import naming
from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.store import DatasetStore
from cellseg.images.image import Image
from cellseg.images.synthetic import draw_cells
from cellseg.workspace import Workspace

NAME = "sample"
IMAGES = 10
"""Number of pairs: 8 train and 2 test."""


def create_sample(workspace: Workspace) -> Dataset:
    """The sample dataset of a workspace, created on the first call.

    10 pairs of 256 x 256 pixels, uint16, with label images; the same on every machine.

    Raises
    ------
    CellsegError
        Where the disk is full or cannot be written.
    """
    store = DatasetStore(workspace)
    there = store.all()
    for dataset in there:
        if dataset.sample:
            return dataset
    proposal = Proposal.create(workspace)
    try:
        for number in range(1, IMAGES + 1):
            image, labels = draw_cells(np.random.default_rng(number))
            file = f"cells {number:02}.tif"
            proposal.add(
                Image(image, "YX"), labels, image_name=f"images/{file}", mask_name=f"masks/{file}"
            )
        name = naming.numbered(NAME, (dataset.name for dataset in there))
        return store.create(proposal, name, sample=True)
    finally:
        proposal.discard()
