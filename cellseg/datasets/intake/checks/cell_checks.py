"""Checks of the cells in the masks."""

import numpy as np

from cellseg.datasets.intake.checks.dataset_facts import DatasetFacts
from cellseg.datasets.intake.checks.finding import Finding, findings_about, plural

MIN_CELLS = 5
"""Fewest cells in a labelled region from which the check judges the rest of the image."""

SIZE_RATIO = 3.0
"""Ratio of an image's median cell diameter to that of the dataset beyond which it is reported."""


def detached_parts(dataset: DatasetFacts) -> list[Finding]:
    """Find labels in several parts, and small fragments."""
    if dataset.kind == "grey":
        return []
    labelled = dataset.kind == "labels"
    pairs = list(dataset.reliable_pairs)
    split = [pair for pair in pairs if labelled and pair.measurements.mask.split_labels]
    fragmented = [pair for pair in pairs if pair.measurements.mask.fragments and pair not in split]
    labels = sum(pair.measurements.mask.split_labels for pair in split)
    fragments = sum(pair.measurements.mask.fragments for pair in fragmented)
    return [
        *findings_about(
            split,
            "detached-parts",
            "warning",
            f"{plural(labels, 'label')} in several parts that do not touch: all parts count as "
            "one cell, so its centre and size are wrong.",
            "tidy-parts",
        ),
        *findings_about(
            fragmented,
            "detached-parts",
            "warning",
            f"{plural(fragments, 'small fragment')} of a few pixels, far smaller than the cells: "
            "each counts as a cell.",
            "tidy-parts",
        ),
    ]


def overlapping_cells(dataset: DatasetFacts) -> list[Finding]:
    """Find outlines of different cells that cover the same pixels."""
    pairs = [pair for pair in dataset.pairs if pair.measurements.overlap]
    pixels = sum(pair.measurements.overlap for pair in pairs)
    return findings_about(
        pairs,
        "overlapping-cells",
        "warning",
        f"{plural(pixels, 'pixel')} belonged to more than one cell; cellseg gave them to the "
        "smaller cell, since a label image has one cell for each pixel.",
    )


def partly_labelled(dataset: DatasetFacts) -> list[Finding]:
    """Find images of which only a region is labelled."""
    return findings_about(
        [
            pair
            for pair in dataset.reliable_pairs
            if pair.measurements.labelled_region and pair.measurements.mask.parts >= MIN_CELLS
        ],
        "partly-labelled",
        "error",
        "Only a region of the image is labelled, and the cells outside of it count as "
        "background: the network would learn to miss cells.",
        "crop-to-labelled",
    )


def mixed_sizes(dataset: DatasetFacts) -> list[Finding]:
    """Find images whose cells are much larger or smaller than those of the other images."""
    medians = {
        pair: pair.measurements.mask.diameters[0]
        for pair in dataset.reliable_pairs
        if pair.measurements.mask.diameters[0]
    }
    if len(medians) < 3:
        return []
    usual = float(np.median(list(medians.values())))
    different = [
        pair
        for pair, median in medians.items()
        if median > SIZE_RATIO * usual or median * SIZE_RATIO < usual
    ]
    return findings_about(
        different,
        "mixed-sizes",
        "warning",
        f"The cells are more than {SIZE_RATIO:g} times larger or smaller than in the other images "
        f"(median diameter {usual:.0f} pixels), and a model works best for one cell size; train "
        "two models, or rescale the images to the same pixel size.",
    )


CHECKS = (detached_parts, overlapping_cells, partly_labelled, mixed_sizes)
