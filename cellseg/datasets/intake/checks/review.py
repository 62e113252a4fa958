"""The check of a saved dataset, whose findings are kept beside it; the dataset stays as it is."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake.checks.all_checks import run_checks
from cellseg.datasets.intake.checks.dataset_facts import DatasetFacts, MatchedPair
from cellseg.datasets.intake.checks.finding import Finding
from cellseg.datasets.intake.checks.pair_measurements import measure_pair
from cellseg.datasets.leaks import source_of
from cellseg.datasets.split import Side
from cellseg.workspace import read_json, write_json

FILE = "review.json"
"""Beside `dataset.json`; made again where pairs or split have changed."""

Progress = Callable[[int, int, str], None]

_FINDINGS = TypeAdapter(list[Finding])


def stored_findings(dataset: Dataset) -> list[Finding] | None:
    """The findings of the last check; None where the dataset has changed since, or without any."""
    content: Any = read_json(dataset.folder / FILE)
    if not isinstance(content, dict) or content.get("of") != _state(dataset):
        return None
    try:
        return _FINDINGS.validate_python(content.get("findings"))
    except ValidationError:
        return None


def check_dataset(dataset: Dataset, progress: Progress | None = None) -> list[Finding]:
    """Check every pair, and store the findings beside the dataset.

    Parameters
    ----------
    progress : called with (pairs done, number of pairs, name).

    Raises
    ------
    CellsegError
        Where a file of the dataset is missing or the disk cannot be written.
    """
    tests = set(dataset.split.test)
    pairs = []
    for done, pair in enumerate(dataset.pairs):
        if progress:
            progress(done, len(dataset.pairs), pair.image_name)
        measurements = measure_pair(
            dataset.image(pair.name),
            dataset.mask(pair.name),
            source=source_of(pair.image_name) or "",
        )
        side: Side = "test" if pair.name in tests else "train"
        pairs.append(
            MatchedPair(pair.name, pair.image_name, pair.mask_name, pair.mask, measurements, side)
        )
    findings = [
        finding
        for finding in run_checks(DatasetFacts(tuple(pairs)))
        if finding.check != "grey-values" or not dataset.foreground_values  # already chosen
    ]
    content = {"of": _state(dataset), "findings": [asdict(finding) for finding in findings]}
    write_json(dataset.folder / FILE, content)
    return findings


def _state(dataset: Dataset) -> str:
    """SHA-256, in hex, of everything that the findings depend on."""
    lines = "\n".join([dataset.fingerprint, *dataset.split.test])
    return hashlib.sha256(lines.encode()).hexdigest()
