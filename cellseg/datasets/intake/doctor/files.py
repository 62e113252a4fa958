"""Checks of files: what has no partner, cannot be read, or does not fit its partner."""

from collections import defaultdict

from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.ward import Held, Ward, counted


def partners(ward: Ward) -> list[Finding]:
    """Images without mask and masks without image."""
    findings = []
    if names := ward.images_without_mask:
        findings.append(
            Finding(
                "image-without-mask",
                "warning",
                names,
                f"{counted(len(names), 'image')} without a mask, not used for training; bring the "
                "mask, or say which one it is in the table of pairs.",
            )
        )
    if names := ward.masks_without_image:
        findings.append(
            Finding(
                "mask-without-image",
                "warning",
                names,
                f"{counted(len(names), 'mask')} without an image, not used for training; bring the "
                "image, or say which one it is in the table of pairs.",
            )
        )
    return findings


def names(ward: Ward) -> list[Finding]:
    """Names that came twice."""
    return [
        Finding(
            "duplicate-name",
            "warning",
            (lost.name,),
            "The name came twice; the first file is used and the other one is not trained on.",
            "leave-out",
        )
        for lost in ward.lost
        if lost.check == "duplicate-name"
    ]


def unreadable(ward: Ward) -> list[Finding]:
    """Files that cannot be decoded."""
    return [
        Finding("unreadable", "error", (lost.name,), lost.sentence, "leave-out")
        for lost in ward.lost
        if lost.check == "unreadable"
    ]


def misfits(ward: Ward) -> list[Finding]:
    """Pairs that were decoded but do not fit: sizes, swapped, colours."""
    groups: dict[tuple[str, str | None, str], list[Held]] = defaultdict(list)
    for held in ward.held:
        groups[held.check, held.repair, held.message].append(held)
    return [
        Finding(
            check,
            "error",
            tuple(held.image for held in group),
            message,
            repair or "leave-out",
            tuple(held.name for held in group),
            ("leave-out",) if repair else (),
        )
        for (check, repair, message), group in groups.items()
    ]


CHECKS = (partners, names, unreadable, misfits)
