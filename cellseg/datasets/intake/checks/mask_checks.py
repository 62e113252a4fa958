"""Checks of the values of masks."""

from cellseg.datasets.intake.checks.dataset_facts import (
    DatasetFacts,
    has_grey_edges,
    has_wrapped_labels,
)
from cellseg.datasets.intake.checks.finding import Finding, findings_about
from cellseg.datasets.masks import listed


def palette_masks(dataset: DatasetFacts) -> list[Finding]:
    """Find masks whose values are indices of a colour palette."""
    return findings_about(
        [pair for pair in dataset.pairs if pair.measurements.palette],
        "colour-mask",
        "note",
        "The mask is stored with a colour palette; cellseg takes the palette indices as mask "
        "values and index 0 as background; check the preview.",
    )


def grey_edges(dataset: DatasetFacts) -> list[Finding]:
    """Find masks with the intermediate values that interpolation or JPEG leaves at edges."""
    found = [pair for pair in dataset.pairs if has_grey_edges(pair)]
    binary = [pair for pair in found if pair.values.soft or pair.measurements.mask.area_values <= 1]
    return [
        *findings_about(
            binary,
            "grey-edges",
            "warning",
            "The binary mask has grey edges, caused by interpolation or JPEG compression; "
            "pixels brighter than half of the maximum count as cell pixels.",
            "threshold",
        ),
        *findings_about(
            [pair for pair in found if pair not in binary],
            "grey-edges",
            "error",
            "The labels have intermediate values at their edges, caused by interpolation; "
            "each of these values would count as a cell of its own.",
            "snap-to-labels",
        ),
    ]


def inverted_masks(dataset: DatasetFacts) -> list[Finding]:
    """Find masks in which the background has a label."""
    inverted = [
        pair
        for pair in dataset.pairs
        if pair.measurements.mask.background != 0 and not has_grey_edges(pair)
    ]
    full = [pair for pair in inverted if pair.measurements.mask.background is None]
    return [
        *findings_about(
            [pair for pair in inverted if pair not in full],
            "inverted-mask",
            "error",
            "The background has a label of its own; the network would learn the background as a "
            "cell.",
            "background-to-zero",
        ),
        *findings_about(
            full,
            "inverted-mask",
            "warning",
            "The whole image is one cell; the network would learn that there is no background.",
            "leave-out",
        ),
    ]


def wrapped_labels(dataset: DatasetFacts) -> list[Finding]:
    """Find label images with more cells than 8 bits can number."""
    return findings_about(
        [pair for pair in dataset.pairs if has_wrapped_labels(pair)],
        "labels-wrapped",
        "error",
        "The labels end at 255: some cells share a label and count as one, and cells that got the "
        "label 0 are lost; save the masks with 16 bits, or give each part its own label.",
        "number-parts",
    )


def grey_values(dataset: DatasetFacts) -> list[Finding]:
    """Find masks of several grey values whose meaning the user must choose."""
    if dataset.kind != "grey":
        return []
    return findings_about(
        [pair for pair in dataset.reliable_pairs if not pair.values.empty],
        "grey-values",
        "error",
        f"The masks have the grey values {listed(dataset.nonzero_values)}; cellseg cannot tell "
        "which values are cells; select the values of cells, or use a repair.",
        "every-value",
        repaired=[pair for pair in dataset.pairs if not has_grey_edges(pair)],
        others=("brightest-value",),
    )


def touching_cells(dataset: DatasetFacts) -> list[Finding]:
    """Find binary masks in which touching cells are one connected component."""
    if dataset.kind != "binary":
        return []
    return findings_about(
        [pair for pair in dataset.reliable_pairs if pair.measurements.mask.merged],
        "binary-touching",
        "warning",
        "The mask is binary and cells seem to touch; touching cells count as one, and "
        "the network cannot learn to separate them. Label the connected components, split them "
        "with a watershed, or keep the binary mask if only the area matters.",
        "connected-components",
        repaired=[pair for pair in dataset.pairs if not has_grey_edges(pair)],
        others=("split-touching",),
    )


def empty_masks(dataset: DatasetFacts) -> list[Finding]:
    """Find masks without a cell."""
    return findings_about(
        [pair for pair in dataset.pairs if pair.values.empty],
        "empty-mask",
        "note",
        "The mask has no cell; the image stays in the dataset as an example of background.",
    )


CHECKS = (
    palette_masks,
    grey_edges,
    inverted_masks,
    wrapped_labels,
    grey_values,
    touching_cells,
    empty_masks,
)
