"""Checks of the images themselves."""

from collections import Counter, defaultdict

import numpy as np

from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.ward import Case, Ward, found

SATURATED = 0.3
"""Share of the pixels of cells at the highest value, from which on cells have lost their form."""

ENOUGH = 8
"""From so many images on it can be said which ones are unlike the rest."""

_APART = 0.2  # of the range of grey values
_SPREADS = 8.0  # times the usual deviation


def flat(ward: Ward) -> list[Finding]:
    """Constant, black and saturated images."""
    constant = [case for case in ward.cases if case.facts.image.constant]
    return [
        *found(
            "flat-image",
            "error",
            constant,
            "All pixels have the same value, so there is nothing to see; what is drawn in the mask "
            "cannot be learned from it.",
            "leave-out",
        ),
        *found(
            "flat-image",
            "warning",
            [
                case
                for case in ward.cases
                if case.facts.image.saturated > SATURATED and case not in constant
            ],
            "Cells are overexposed: a third or more of their pixels have the highest value, and "
            "their form inside is lost; the network sees white patches.",
        ),
    ]


def mixed(ward: Ward) -> list[Finding]:
    """Different bit depths, or grey and colour, in one dataset."""
    depths = Counter(case.facts.image.dtype for case in ward.cases)
    colours = Counter(case.facts.image.colourful for case in ward.cases)
    findings = []
    if len(depths) > 1:
        rare = min(depths, key=lambda key: (depths[key], key))
        findings += found(
            "mixed-depths",
            "note",
            [case for case in ward.cases if case.facts.image.dtype == rare],
            f"The images have different bit depths ({', '.join(sorted(depths))}); those of more "
            "than 8 bits are scaled by their percentiles, 8-bit images are taken as they are, so "
            "the same cell may look different to the network.",
        )
    if len(colours) > 1:
        rare_colour = min(colours, key=lambda key: (colours[key], key))
        findings += found(
            "mixed-channels",
            "note",
            [case for case in ward.cases if case.facts.image.colourful == rare_colour],
            "Some images are grey and some in colour; one network learns both, but rare kinds "
            "badly; more images of the rarer kind help.",
        )
    return findings


def odd(ward: Ward) -> list[Finding]:
    """Images that are far darker or brighter than the rest."""
    strange: list[Case] = []
    groups: dict[tuple[str, bool], list[Case]] = defaultdict(list)
    for case in ward.cases:
        if not case.facts.image.constant:
            groups[case.facts.image.dtype, case.facts.image.colourful].append(case)
    for alike in groups.values():
        if len(alike) >= ENOUGH:
            strange += _unlike(alike)
    return found(
        "odd-intensity",
        "note",
        [case for case in ward.cases if case in strange],
        "Far darker or brighter than the rest: the network sees few such images and may fail on "
        "them; check the exposure, or bring more of this kind.",
    )


def _unlike(cases: list[Case]) -> list[Case]:
    """Those whose median or bright grey values lie far from the median of all."""
    values = np.array([(case.facts.image.middle, case.facts.image.high) for case in cases])
    away = np.abs(values - np.median(values, axis=0))  # (cases, 2)
    usual = 1.4826 * np.median(away, axis=0)
    far = (away > np.maximum(_APART, _SPREADS * usual)).any(axis=1)
    return [case for case, is_far in zip(cases, far, strict=True) if is_far]


CHECKS = (flat, mixed, odd)
