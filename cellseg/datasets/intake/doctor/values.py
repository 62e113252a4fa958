"""Checks of what the values of the masks mean."""

from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.ward import (
    Ward,
    found,
    has_grey_edges,
    is_wrapped,
)
from cellseg.datasets.masks import listed


def palette(ward: Ward) -> list[Finding]:
    """Masks whose numbers stand for colours of a palette."""
    return found(
        "colour-mask",
        "note",
        [case for case in ward.cases if case.facts.palette],
        "The mask is a palette picture: the numbers behind its colours are taken as values, 0 as "
        "background; check the preview.",
    )


def grey_edges(ward: Ward) -> list[Finding]:
    """Masks with values that arise where a mask is scaled smoothly or saved as JPEG."""
    edged = [case for case in ward.cases if has_grey_edges(case)]
    soft = [case for case in edged if case.values.soft or case.facts.regions.cored <= 1]
    return [
        *found(
            "grey-edges",
            "warning",
            soft,
            "A black and white mask has grey edges, as smooth scaling or JPEG leaves them; where "
            "it is brighter than half, it counts as cell.",
            "threshold",
        ),
        *found(
            "grey-edges",
            "error",
            [case for case in edged if case not in soft],
            "The labels have mixed values at their edges, as smooth scaling leaves them; every "
            "mixed value would count as a cell of its own.",
            "snap-to-labels",
        ),
    ]


def inverted(ward: Ward) -> list[Finding]:
    """Masks in which the background is labelled."""
    turned = [
        case
        for case in ward.cases
        if case.facts.regions.background != 0 and not has_grey_edges(case)
    ]
    full = [case for case in turned if case.facts.regions.background is None]
    return [
        *found(
            "inverted-mask",
            "error",
            [case for case in turned if case not in full],
            "The background is labelled and surrounds everything; the network would learn that "
            "the background is the cell.",
            "background-to-zero",
        ),
        *found(
            "inverted-mask",
            "warning",
            full,
            "The whole image is one cell; the network would learn that there is no background.",
            "leave-out",
        ),
    ]


def wrapped(ward: Ward) -> list[Finding]:
    """Label images that ran out of 8-bit numbers."""
    return found(
        "labels-wrapped",
        "error",
        [case for case in ward.cases if is_wrapped(case)],
        "The labels stop at 255, so that cells share a number and count as one; cells that got the "
        "number 0 are lost: save the masks in 16 bits, or give each part a number of its own.",
        "number-parts",
    )


def grey(ward: Ward) -> list[Finding]:
    """Masks of several grey values, of which somebody must say what they mean."""
    if ward.kind != "grey":
        return []
    return found(
        "grey-values",
        "error",
        [case for case in ward.sound if not case.values.empty],
        f"The masks hold the grey values {listed(ward.marks)}; which of them are cells must be "
        "said, or the network cannot be trained.",
        "every-value",
        repaired=[case for case in ward.cases if not has_grey_edges(case)],
        others=("brightest-value",),
    )


def touching(ward: Ward) -> list[Finding]:
    """Black and white masks in which touching cells became one patch."""
    if ward.kind != "binary":
        return []
    return found(
        "binary-touching",
        "warning",
        [case for case in ward.sound if case.facts.regions.merged],
        "The mask is black and white and cells seem to touch: they count as one cell, and the "
        "network cannot learn to part them; give each connected patch a number, cut them at their "
        "necks, or keep black and white if only the area matters.",
        "connected-components",
        repaired=[case for case in ward.cases if not has_grey_edges(case)],
        others=("split-touching",),
    )


def empty(ward: Ward) -> list[Finding]:
    """Masks without a cell."""
    black = [case for case in ward.cases if case.values.empty]
    return found(
        "empty-mask",
        "note",
        black,
        "The mask is all black: kept as an example without cells, from which the network learns "
        "what no cell looks like.",
    )


CHECKS = (palette, grey_edges, inverted, wrapped, grey, touching, empty)
