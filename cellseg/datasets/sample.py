"""The sample dataset: drawn cells with true masks, to try everything without data or network."""

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
"""8 train and 2 test."""


def create_sample(workspace: Workspace) -> Dataset:
    """The sample dataset of a workspace, drawn if it is not there yet.

    10 images of 256 x 256 pixels, 16 bits, with label images; always the same.

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
