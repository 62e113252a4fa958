"""Numbers, times and names as a person reads them."""

import re
from datetime import datetime

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$:])")


def plain(text: str) -> str:
    """The text with Markdown switched off: `cells_*1*.tif` shows as it is written.

    Only words between backticks keep their look: sentences name options and endings so.
    """
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0 or any(not part for part in parts[1::2]):
        return _MARKDOWN.sub(r"\\\1", "`".join(parts))
    return "`".join(
        part if index % 2 else _MARKDOWN.sub(r"\\\1", part) for index, part in enumerate(parts)
    )


def count(number: int, noun: str) -> str:
    """`1 image`, `24 images`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """`20 s`, `4 min`, `1 h 10 min`: as exact as it is useful."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def about(seconds: float) -> str:
    """A duration of an estimate: rounded to steps of 10 s below 2 minutes."""
    if seconds < 115:
        return f"{max(10, round(seconds / 10) * 10)} s"
    return duration(seconds)


def size(number_of_bytes: int) -> str:
    """`0 MB`, `3.4 MB`, `12 GB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if number_of_bytes >= factor:
            value = number_of_bytes / factor
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return f"{number_of_bytes / 1000:.0f} kB" if number_of_bytes else "0 kB"


def score(value: float | None) -> str:
    """A fraction with three digits; a dash where it is undefined."""
    return "–" if value is None else f"{value:.3f}"


def moment(when: datetime) -> str:
    """`24 Mar 2026, 14:05` in the time of the machine that serves the page."""
    local = when.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def listed(names: list[str], most: int = 6) -> str:
    """`a, b and c`; a long list is cut: `a, b, c and 9 more`."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
