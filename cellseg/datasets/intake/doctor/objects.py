"""Checks of the cells in the masks."""

import numpy as np

from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.ward import Ward, counted, found

FEW = 5
"""From so many cells on, a labelled region speaks for the whole image."""

WILD = 3.0
"""So many times larger or smaller than usual are wildly different cells."""


def detached(ward: Ward) -> list[Finding]:
    """Labels in several parts, and stray specks."""
    if ward.kind == "grey":
        return []
    labelled = ward.kind == "labels"
    sound = list(ward.sound)
    split = [case for case in sound if labelled and case.facts.regions.split]
    specks = [case for case in sound if case.facts.regions.specks and case not in split]
    number = sum(case.facts.regions.split for case in split)
    stray = sum(case.facts.regions.specks for case in specks)
    return [
        *found(
            "detached-parts",
            "warning",
            split,
            f"{counted(number, 'label')} in several parts that do not touch: they count as one "
            "cell and pull its centre and size away.",
            "tidy-parts",
        ),
        *found(
            "detached-parts",
            "warning",
            specks,
            f"{counted(stray, 'speck')} of a few pixels, far smaller than the cells: each counts "
            "as a cell.",
            "tidy-parts",
        ),
    ]


def overlapping(ward: Ward) -> list[Finding]:
    """Cells, drawn one by one, that claim the same pixels."""
    cases = [case for case in ward.cases if case.facts.disputed]
    pixels = sum(case.facts.disputed for case in cases)
    return found(
        "overlapping-cells",
        "warning",
        cases,
        f"{counted(pixels, 'pixel')} belonged to more than one cell and went to the smaller one: "
        "a label image holds one cell for each pixel.",
    )


def partly(ward: Ward) -> list[Finding]:
    """Images of which only a region is labelled."""
    return found(
        "partly-labelled",
        "error",
        [case for case in ward.sound if case.facts.elsewhere and case.facts.regions.parts >= FEW],
        "Only a region of the image is labelled, and cells outside it count as background: the "
        "network would learn to miss cells.",
        "crop-to-labelled",
    )


def sizes(ward: Ward) -> list[Finding]:
    """Images whose cells are far larger or smaller than in the rest."""
    typical = {
        case: case.facts.regions.diameters[0]
        for case in ward.sound
        if case.facts.regions.diameters[0]
    }
    if len(typical) < 3:
        return []
    middle = float(np.median(list(typical.values())))
    wild = [case for case, size in typical.items() if size > WILD * middle or size * WILD < middle]
    return found(
        "mixed-sizes",
        "warning",
        wild,
        f"Cells are more than {WILD:g} times larger or smaller than usual ({middle:.0f} pixels "
        "across); one network sees them at one scale; train apart, or bring the images to one "
        "pixel size.",
    )


CHECKS = (detached, overlapping, partly, sizes)
