"""Checks of whether a score can be trusted: copies, leaks, too few images."""

from collections import defaultdict
from itertools import pairwise

from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.ward import (
    Case,
    Ward,
    counted,
    found,
)
from cellseg.datasets.masks import MaskKind

FEW_IMAGES = 10
FEW_OBJECTS = 50


def copies(ward: Ward) -> list[Finding]:
    """The same image twice; worse where one trains and the other one tests."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in ward.cases:
        if not case.facts.image.constant:
            groups[case.facts.image.sha256].append(case)
    twice = [group for group in groups.values() if len(group) > 1]
    leaks = [group for group in twice if len({case.side or "train" for case in group}) > 1]
    return [
        *found(
            "leak",
            "error",
            [case for group in leaks for case in group],
            "The same image is in train and in test: the network is tested on what it has seen, "
            "and the score is too good.",
            "keep-first",
        ),
        *found(
            "duplicate-image",
            "warning",
            [case for group in twice if group not in leaks for case in group],
            "The same image comes more than once: it counts more than others, and a copy may get "
            "into test, where the score is then too good.",
            "keep-first",
        ),
    ]


def planes(ward: Ward) -> list[Finding]:
    """Planes of one file that would be on both sides of the split."""
    files: dict[str, list[Case]] = defaultdict(list)
    for case in ward.cases:
        if case.facts.source:
            files[case.facts.source].append(case)
    stacks = [cases for cases in files.values() if len(cases) > 1]
    divided = any(case.side == "test" for case in ward.cases)
    leaking = [
        cases for cases in stacks if not divided or _changes(cases) > (1 if len(files) == 1 else 0)
    ]
    return found(
        "leak",
        "warning",
        [case for cases in leaking for case in cases],
        "Planes of one file look alike and would be both in train and in test, so that the score "
        "is too good; keep the planes of a file together.",
        "split-by-file",
        repaired=[case for case in ward.cases if not divided or case.facts.source],
    )


def few(ward: Ward) -> list[Finding]:
    """Too few images or cells to trust a score."""
    findings = []
    images = len(ward.cases)
    if 0 < images < FEW_IMAGES:
        findings.append(
            Finding(
                "too-few",
                "warning",
                (),
                f"{counted(images, 'pair')} only: the score comes from one or two test images and "
                f"says little; bring {FEW_IMAGES} or more.",
            )
        )
    cells = sum(_cells(case, ward.kind) for case in ward.cases)
    if 0 < cells < FEW_OBJECTS and images >= FEW_IMAGES:
        findings.append(
            Finding(
                "too-few",
                "warning",
                (),
                f"{counted(cells, 'cell')} in all images together: too few to learn from and to "
                f"trust a score; label {FEW_OBJECTS} or more.",
            )
        )
    return findings


def _changes(cases: list[Case]) -> int:
    """How often the side changes from a plane to the next."""
    sides = [case.side or "train" for case in cases]
    return sum(one != other for one, other in pairwise(sides))


def _cells(case: Case, kind: MaskKind) -> int:
    return case.facts.regions.labels if kind == "labels" else case.facts.regions.patches


CHECKS = (copies, planes, few)
