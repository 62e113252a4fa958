import numpy as np

from cellseg.datasets.intake.checks import review
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.store import DatasetStore
from cellseg.images.image import Image
from tests import made


def kept(workspace, names):
    """Six pairs of which the last two are the same image."""
    proposal = Proposal.create(workspace)
    for number, name in enumerate(names):
        image, mask = made.squares(min(number, 4))
        proposal.add(Image(image, "YX"), mask, image_name=name, mask_name=f"masks/{number}.png")
    return DatasetStore(workspace).create(proposal, "Nuclei")


def checks(found):
    return {finding.check for finding in found}


def test_a_leak_is_found_when_the_split_makes_one(workspace):
    store = DatasetStore(workspace)
    dataset = kept(workspace, [f"{n}.png" for n in range(6)])
    dataset = store.set_test_pairs(dataset.id, [dataset.names[0]])
    assert "leak" not in checks(review.check_dataset(dataset))
    dataset = store.set_test_pairs(dataset.id, [dataset.names[5]])
    assert review.stored_findings(dataset) is None
    assert "leak" in checks(review.check_dataset(dataset))


def test_pages_of_one_file_leak(workspace):
    dataset = kept(workspace, [f"{file}.tif, page {n}" for file in "ab" for n in range(3)])
    assert "leak" in checks(review.check_dataset(dataset))


def test_what_was_found_is_kept(workspace):
    dataset = kept(workspace, [f"{n}.png" for n in range(6)])
    seen = []
    found = review.check_dataset(dataset, lambda done, of, name: seen.append((done, of, name)))
    assert found
    assert review.stored_findings(dataset) == found
    assert seen[-1] == (5, 6, "5.png")
    (dataset.folder / review.FILE).write_text('{"of": 1}')
    assert review.stored_findings(dataset) is None


def test_nothing_is_changed(workspace):
    dataset = kept(workspace, [f"{n}.png" for n in range(6)])
    before = [dataset.mask(name) for name in dataset.names]
    review.check_dataset(dataset)
    assert all(
        np.array_equal(mask, dataset.mask(name))
        for mask, name in zip(before, dataset.names, strict=True)
    )


def test_grey_values_that_were_chosen_are_no_finding(workspace):
    proposal = Proposal.create(workspace)
    for number in range(3):
        image, mask = made.squares(number)
        mask[20:28, 20:28] = 128
        proposal.add(Image(image, "YX"), mask, image_name=f"{number}.png", mask_name="m.png")
    dataset = DatasetStore(workspace).create(proposal, "Blood", "grey", [128, 255])
    assert "grey-values" not in checks(review.check_dataset(dataset))
