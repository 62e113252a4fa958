"""Files that the worker of a run writes: status.json and metrics.jsonl."""

import json
from pathlib import Path
from typing import Any

from cellseg.processes import StatusWriter
from cellseg.training.runs import Status


class RunStatusWriter(StatusWriter[Status]):
    """Writes the status.json of a run; see `processes.StatusWriter`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Status)


class MetricsFile:
    """metrics.jsonl: one line with a JSON object for each epoch."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "metrics.jsonl"

    def append(self, row: dict[str, Any]) -> None:
        """Append an epoch; values that are not finite become null."""
        finite = {key: value if _is_finite(value) else None for key, value in row.items()}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(finite, allow_nan=False) + "\n")


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or abs(value) < float("inf")
