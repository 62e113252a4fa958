"""What the doctor found."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing, with some images.

    check : the name of the check, such as `size-mismatch`.
    severity : `error`, it cannot be trained on so; `warning`, the training suffers; `note`.
    images : names of the files, as the user knows them.
    message : what was found and what it does to the training.
    repair : the name of the repair, or None.
    pairs : names of the pairs in the proposal.
    others : further repairs to choose from.
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
        """The finding on one line, with the first images by name."""
        if not self.images:
            return self.message
        shown = ", ".join(self.images[:3])
        more = f" and {len(self.images) - 3} more" if len(self.images) > 3 else ""
        return f"{shown}{more}: {self.message}"

    def as_json(self) -> dict[str, object]:
        """What the command line prints."""
        return {
            "check": self.check,
            "severity": self.severity,
            "images": list(self.images),
            "message": self.message,
            "repair": self.repair,
        }
