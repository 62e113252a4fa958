"""Selection of a channel in images with unknown colours."""

import numpy as np
import pytest

from cellseg.methods.cells.channels import has_unknown_colours, most_confident_channel
from cellseg.recipes.cells.facts import ImageStatistics, KindStatistics

STAINED = KindStatistics(share=0.5, brightness=(0.5, 0.9), contrast=(-0.5, 0.0))
BRIGHT = KindStatistics(share=0.5, brightness=(0.0, 0.4), contrast=(0.0, 0.9))


def flat(red, green, blue):
    return np.full((4, 4, 3), (red, green, blue), np.uint8)


@pytest.mark.parametrize(
    ("rgb", "kinds", "expected"),
    [
        (flat(90, 0, 60), {"colour": STAINED, "bright cells": BRIGHT}, True),
        (flat(90, 0, 60), {"bright cells": BRIGHT}, True),
        (flat(90, 0, 60), {"colour": STAINED}, False),  # the training had no single channels
        (flat(90, 0, 60), {}, False),
        (flat(200, 100, 200), {"colour": STAINED, "bright cells": BRIGHT}, False),
        (flat(60, 60, 60), {"colour": STAINED, "bright cells": BRIGHT}, False),
        (flat(60, 62, 58), {"bright cells": BRIGHT}, False),  # hardly a colour
    ],
)
def test_colours_on_a_background_darker_than_in_the_training_are_unknown(rgb, kinds, expected):
    assert has_unknown_colours(rgb, ImageStatistics(kinds=kinds)) is expected


def segmentation(cells, probability):
    labels = np.zeros((1, len(probability)), np.int32)
    labels[0, :cells] = range(1, cells + 1)
    return labels, np.array([probability], np.float32)


def test_the_channel_with_the_most_confident_pixels_is_chosen():
    uncertain = segmentation(4, [0.95] * 2 + [0.5] * 4 + [0.05] * 4)
    confident = segmentation(3, [0.95] * 3 + [0.5] * 1 + [0.05] * 6)
    assert most_confident_channel([uncertain, confident]) == 1
    assert most_confident_channel([confident, uncertain]) == 0


def test_a_channel_with_few_cells_is_not_chosen():
    confident = segmentation(11, [0.95] * 11 + [0.5])
    empty, one = segmentation(0, [0.0] * 12), segmentation(1, [0.95] + [0.0] * 11)
    assert most_confident_channel([empty, one, confident]) == 2
    assert most_confident_channel([empty, one]) == 1
    assert most_confident_channel([empty, empty]) is None
