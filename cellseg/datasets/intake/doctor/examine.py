"""All checks of the doctor, one after the other."""

from cellseg.datasets.intake.doctor import (
    files,
    objects,
    pictures,
    scores,
    values,
)
from cellseg.datasets.intake.doctor.finding import SEVERITIES, Finding
from cellseg.datasets.intake.doctor.ward import Ward

CHECKS = (*files.CHECKS, *values.CHECKS, *objects.CHECKS, *pictures.CHECKS, *scores.CHECKS)


def examine(ward: Ward) -> list[Finding]:
    """What is wrong or worth knowing, errors first."""
    findings = [finding for check in CHECKS for finding in check(ward)]
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
