"""Checks of the images."""

from collections import Counter, defaultdict

import numpy as np

from cellseg.datasets.intake.checks.dataset_facts import DatasetFacts, MatchedPair
from cellseg.datasets.intake.checks.finding import Finding, findings_about

SATURATED = 0.3
"""Share of saturated pixels in the cells beyond which an image counts as overexposed."""

MIN_IMAGES = 8
"""Fewest images of one type among which outliers are reported."""

_MIN_DIFFERENCE = 0.2  # of the range of grey values
_DEVIATIONS = 8.0  # robust standard deviations


def flat_images(dataset: DatasetFacts) -> list[Finding]:
    """Find constant and overexposed images."""
    constant = [pair for pair in dataset.pairs if pair.measurements.image.constant]
    return [
        *findings_about(
            constant,
            "flat-image",
            "error",
            "All pixels have the same value; the network cannot learn the cells of the mask from "
            "this image.",
            "leave-out",
        ),
        *findings_about(
            [
                pair
                for pair in dataset.pairs
                if pair.measurements.image.saturated > SATURATED and pair not in constant
            ],
            "flat-image",
            "warning",
            f"The image is overexposed: more than {SATURATED:.0%} of the pixels of cells have the "
            "highest value, so the network sees white areas without structure.",
        ),
    ]


def mixed_formats(dataset: DatasetFacts) -> list[Finding]:
    """Find datasets with several bit depths, or with grey and colour images."""
    depths = Counter(pair.measurements.image.dtype for pair in dataset.pairs)
    colours = Counter(pair.measurements.image.colour for pair in dataset.pairs)
    findings = []
    if len(depths) > 1:
        rare = min(depths, key=lambda key: (depths[key], key))
        findings += findings_about(
            [pair for pair in dataset.pairs if pair.measurements.image.dtype == rare],
            "mixed-depths",
            "note",
            f"The images have different bit depths ({', '.join(sorted(depths))}); cellseg scales "
            "images of more than 8 bits by their percentiles and does not rescale 8-bit images, "
            "so the same cell may look different to the network.",
        )
    if len(colours) > 1:
        rare_colour = min(colours, key=lambda key: (colours[key], key))
        findings += findings_about(
            [pair for pair in dataset.pairs if pair.measurements.image.colour == rare_colour],
            "mixed-channels",
            "note",
            "Some images are grey and some are in colour; one model can learn both types, but "
            "is less accurate on the rarer type; more images of the rarer type help.",
        )
    return findings


def odd_intensities(dataset: DatasetFacts) -> list[Finding]:
    """Find images that are much darker or brighter than the other images of their type."""
    outliers: list[MatchedPair] = []
    groups: dict[tuple[str, bool], list[MatchedPair]] = defaultdict(list)
    for pair in dataset.pairs:
        if not pair.measurements.image.constant:
            image = pair.measurements.image
            groups[image.dtype, image.colour].append(pair)
    for group in groups.values():
        if len(group) >= MIN_IMAGES:
            outliers += _outliers(group)
    return findings_about(
        [pair for pair in dataset.pairs if pair in outliers],
        "odd-intensity",
        "note",
        "The image is much darker or brighter than the others; the network sees few such images "
        "and may fail on them; check the exposure, or add more images like it.",
    )


def _outliers(pairs: list[MatchedPair]) -> list[MatchedPair]:
    """Pairs whose median or bright grey values are far from those of the other pairs.

    Far is at least 0.2 and 8 robust standard deviations, 1.4826 times the median absolute
    deviation (Leys et al. 2013, doi:10.1016/j.jesp.2013.03.013).
    """
    images = [pair.measurements.image for pair in pairs]
    values = np.array([(image.median, image.high) for image in images])  # (pairs, 2)
    distance = np.abs(values - np.median(values, axis=0))
    deviation = 1.4826 * np.median(distance, axis=0)
    far = (distance > np.maximum(_MIN_DIFFERENCE, _DEVIATIONS * deviation)).any(axis=1)
    return [pair for pair, is_far in zip(pairs, far, strict=True) if is_far]


CHECKS = (flat_images, mixed_formats, odd_intensities)
