"""The doctor's look at a dataset that is kept; nothing is changed."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cellseg.datasets.dataset import Dataset
from cellseg.datasets.intake.doctor.examine import examine
from cellseg.datasets.intake.doctor.facts import look_at
from cellseg.datasets.intake.doctor.finding import Finding
from cellseg.datasets.intake.doctor.ward import Case, Ward
from cellseg.datasets.leaks import source_of
from cellseg.datasets.split import Side
from cellseg.workspace import read_json, write_json

FILE = "review.json"
"""Beside `dataset.json`; made anew where pairs or split have changed."""

Progress = Callable[[int, int, str], None]

_FINDINGS = TypeAdapter(list[Finding])


def known(dataset: Dataset) -> list[Finding] | None:
    """What was found before, if the dataset is still the same."""
    content: Any = read_json(dataset.folder / FILE)
    if not isinstance(content, dict) or content.get("of") != _state(dataset):
        return None
    try:
        return _FINDINGS.validate_python(content.get("findings"))
    except ValidationError:
        return None


def review(dataset: Dataset, progress: Progress | None = None) -> list[Finding]:
    """Look at every pair, and keep the findings beside the dataset.

    Parameters
    ----------
    progress : called with (pairs done, pairs in all, name).

    Raises
    ------
    CellsegError
        Where a file of the dataset is gone or the disk cannot be written.
    """
    tests = set(dataset.split.test)
    cases = []
    for done, pair in enumerate(dataset.pairs):
        if progress:
            progress(done, len(dataset.pairs), pair.image_name)
        facts = look_at(
            dataset.image(pair.name),
            dataset.mask(pair.name),
            source=source_of(pair.image_name) or "",
        )
        side: Side = "test" if pair.name in tests else "train"
        cases.append(Case(pair.name, pair.image_name, pair.mask_name, pair.mask, facts, side))
    found = [
        finding
        for finding in examine(Ward(tuple(cases)))
        if finding.check != "grey-values" or not dataset.foreground_values  # it is decided
    ]
    content = {"of": _state(dataset), "findings": [asdict(finding) for finding in found]}
    write_json(dataset.folder / FILE, content)
    return found


def _state(dataset: Dataset) -> str:
    """What the findings depend on, in hex."""
    words = "\n".join([dataset.fingerprint, *dataset.split.test])
    return hashlib.sha256(words.encode()).hexdigest()
