"""All checks of a dataset."""

from cellseg.datasets.intake.checks import (
    cell_checks,
    file_checks,
    image_checks,
    mask_checks,
    score_checks,
)
from cellseg.datasets.intake.checks.dataset_facts import DatasetFacts
from cellseg.datasets.intake.checks.finding import SEVERITIES, Finding

CHECKS = (
    *file_checks.CHECKS,
    *mask_checks.CHECKS,
    *cell_checks.CHECKS,
    *image_checks.CHECKS,
    *score_checks.CHECKS,
)


def run_checks(dataset: DatasetFacts) -> list[Finding]:
    """Findings of all checks: errors, then warnings, then notes."""
    findings = [finding for check in CHECKS for finding in check(dataset)]
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
