import numpy as np
import pytest

from cellseg.datasets import statistics
from cellseg.datasets.intake.proposal import Proposal
from cellseg.datasets.store import DatasetStore
from cellseg.images.image import Image


@pytest.fixture
def dataset(workspace):
    """Two grey 8-bit images and a red one of 16 bits; objects of 4, 9 and 16 pixels."""
    proposal = Proposal.create(workspace)
    for number, side in enumerate((2, 3, 4)):
        labels = np.zeros((20, 20), np.uint8)
        labels[1 : 1 + side, 1 : 1 + side] = 1
        labels[10 : 10 + side, 10 : 10 + side] = 2
        image = Image(np.full((20, 20), 10 * number, np.uint8), "YX", (), 0.5)
        if number == 2:
            colours = np.zeros((20, 20, 3), np.uint16)
            colours[..., 0] = np.arange(20) * 100
            image = Image(colours, "YXC")
        proposal.add(image, labels, image_name=f"{number}.tif", mask_name=f"{number}_mask.tif")
    return DatasetStore(workspace).create(proposal, "Nuclei", "labels")


def test_objects_are_counted_and_measured(dataset):
    found = statistics.measure(dataset)
    assert found.counts == [2, 2, 2]
    expected = [round(2 * np.sqrt(area / np.pi), 1) for area in (4, 4, 9, 9, 16, 16)]
    assert found.diameters.tolist() == expected
    assert found.objects[0].covered == pytest.approx(8 / 400)
    assert found.pixel_sizes == [0.5]


def test_intensities_are_counted_by_type_and_channel(dataset):
    found = {(one.dtype, one.channel): one for one in statistics.measure(dataset).intensities}
    assert set(found) == {
        ("uint8", "grey"),
        *(("uint16", channel) for channel in ("red", "green", "blue")),
    }
    grey = found["uint8", "grey"]
    assert (grey.edges[0], grey.edges[-1], sum(grey.counts)) == (0, 256, 800)
    assert (grey.counts[0], grey.counts[2]) == (400, 400)  # the values 0 and 10; 4 to a bin
    assert found["uint16", "red"].edges[-1] == 1900


def test_a_large_image_is_sampled_all_over():
    plane = np.arange(10_000).reshape(100, 100)
    sample = statistics._sample(plane, 400)
    assert sample.size == 400
    assert sample[-1] > 9000


def test_they_are_kept_until_the_pairs_change(dataset):
    assert statistics.stored(dataset) is None
    made = statistics.measure(dataset)
    assert statistics.stored(dataset) == made
    (dataset.folder / statistics.FILE).write_text("{}")
    assert statistics.stored(dataset) is None
