"""Numbers, times and names as text for the pages."""

import re
from datetime import datetime

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$:])")


def plain(text: str) -> str:
    """Escape Markdown, so that `cells_*1*.tif` is shown as it is written.

    Only code between backticks keeps its meaning, because messages quote options and suffixes so.
    """
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0 or any(not part for part in parts[1::2]):
        return _MARKDOWN.sub(r"\\\1", "`".join(parts))
    return "`".join(
        part if index % 2 else _MARKDOWN.sub(r"\\\1", part) for index, part in enumerate(parts)
    )


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 image`, `24 images`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """A duration as `20 s`, `4 min` or `1 h 10 min`."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def about(seconds: float) -> str:
    """An estimated duration: below 2 minutes it is rounded to 10 s."""
    if seconds < 115:
        return f"{max(10, round(seconds / 10) * 10)} s"
    return duration(seconds)


def size(number_of_bytes: int) -> str:
    """A number of bytes as `2 kB`, `3.4 MB` or `12 GB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if number_of_bytes >= factor:
            value = number_of_bytes / factor
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return f"{number_of_bytes / 1000:.0f} kB" if number_of_bytes else "0 kB"


def score(value: float | None) -> str:
    """A score with three digits; a dash if it is undefined."""
    return "–" if value is None else f"{value:.3f}"


def moment(when: datetime) -> str:
    """A date and time as `24 Mar 2026, 14:05`, in the time zone of the server."""
    local = when.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def listed(names: list[str], most: int = 6) -> str:
    """Names as `a, b and c`; a long list is shortened to `a, b, c and 9 more`."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
