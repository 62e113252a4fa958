"""Checks of files: no partner, same name twice, unreadable, image and mask that do not fit."""

from collections import defaultdict

from cellseg.datasets.intake.checks.dataset_facts import DatasetFacts, MismatchedPair
from cellseg.datasets.intake.checks.finding import Finding, plural


def missing_partners(dataset: DatasetFacts) -> list[Finding]:
    """Find images without a mask and masks without an image."""
    findings = []
    if names := dataset.images_without_mask:
        findings.append(
            Finding(
                "image-without-mask",
                "warning",
                names,
                f"{plural(len(names), 'image')} without a mask, not used for training; add the "
                "mask, or choose it in the table of pairs.",
            )
        )
    if names := dataset.masks_without_image:
        findings.append(
            Finding(
                "mask-without-image",
                "warning",
                names,
                f"{plural(len(names), 'mask')} without an image, not used for training; add the "
                "image, or choose it in the table of pairs.",
            )
        )
    return findings


def duplicate_names(dataset: DatasetFacts) -> list[Finding]:
    """Find two files of the same name."""
    return [
        Finding(
            "duplicate-name",
            "warning",
            (skipped.name,),
            "Two files have this name; cellseg uses the first one and skips the other one.",
            "leave-out",
        )
        for skipped in dataset.skipped
        if skipped.check == "duplicate-name"
    ]


def unreadable_files(dataset: DatasetFacts) -> list[Finding]:
    """Find files that cannot be decoded."""
    return [
        Finding("unreadable", "error", (skipped.name,), skipped.sentence, "leave-out")
        for skipped in dataset.skipped
        if skipped.check == "unreadable"
    ]


def mismatched_pairs(dataset: DatasetFacts) -> list[Finding]:
    """Find images and masks that do not fit each other: size, swapped, colours."""
    groups: dict[tuple[str, str | None, str], list[MismatchedPair]] = defaultdict(list)
    for pair in dataset.mismatched:
        groups[pair.check, pair.repair, pair.message].append(pair)
    return [
        Finding(
            check,
            "error",
            tuple(pair.image for pair in group),
            message,
            repair or "leave-out",
            tuple(pair.name for pair in group),
            ("leave-out",) if repair else (),
        )
        for (check, repair, message), group in groups.items()
    ]


CHECKS = (missing_partners, duplicate_names, unreadable_files, mismatched_pairs)
