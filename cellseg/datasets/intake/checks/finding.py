"""One result of a check: what was found, in which images, and which repair helps."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cellseg.datasets.intake.checks.dataset_facts import MatchedPair

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One problem of some images, or something worth knowing about them.

    check : name of the check, such as `size-mismatch`.
    severity : `error`, the images cannot be used as they are; `warning`, the model becomes worse;
        `note`, good to know.
    images : file names, as the user knows them.
    message : what was found and how it affects the training.
    repair : name of the recommended repair, or None.
    pairs : names of the pairs that the repair changes.
    others : names of further repairs to choose from.
    """

    check: str
    severity: Severity
    images: tuple[str, ...]
    message: str
    repair: str | None = None
    pairs: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The finding on one line, with the names of the first images."""
        if not self.images:
            return self.message
        shown = ", ".join(self.images[:3])
        more = f" and {len(self.images) - 3} more" if len(self.images) > 3 else ""
        return f"{shown}{more}: {self.message}"

    def as_json(self) -> dict[str, object]:
        """The finding as the command line prints it."""
        return {
            "check": self.check,
            "severity": self.severity,
            "images": list(self.images),
            "message": self.message,
            "repair": self.repair,
        }


def findings_about(
    pairs: Iterable[MatchedPair],
    check: str,
    severity: Severity,
    message: str,
    repair: str | None = None,
    *,
    repaired: Iterable[MatchedPair] | None = None,
    others: tuple[str, ...] = (),
) -> list[Finding]:
    """One finding about all these pairs, in a list; an empty list without pairs.

    Parameters
    ----------
    pairs : whose images the finding names.
    check, severity, message, repair, others : as in `Finding`.
    repaired : pairs that the repair changes; by default `pairs`.
    """
    listed = list(pairs)
    if not listed:
        return []
    changed = listed if repaired is None else list(repaired)
    return [
        Finding(
            check,
            severity,
            tuple(pair.image for pair in listed),
            message,
            repair,
            tuple(pair.name for pair in changed),
            others,
        )
    ]


def plural(number: int, noun: str) -> str:
    """The number with its noun: `1 image`, `3 images`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
